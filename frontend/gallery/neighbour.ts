/** Which picture lies above or below another where rows are of unequal length. */

interface Box {
  key: string;
  left: number;
  top: number;
}

/** The picture of the next line in that direction that lies nearest across; null where there is no line. */
export function acrossLines(boxes: readonly Box[], key: string, step: 1 | -1): string | null {
  const from = boxes.find((b) => b.key === key);
  if (!from) return boxes[0]?.key ?? null;
  const beyond = boxes.filter((b) => step * (b.top - from.top) > 4);
  if (!beyond.length) return null;
  const line = Math.min(...beyond.map((b) => step * b.top));
  const there = beyond.filter((b) => Math.abs(step * b.top - line) <= 4);
  return there.reduce((best, b) => (Math.abs(b.left - from.left) < Math.abs(best.left - from.left) ? b : best)).key;
}

/** Where the differential's pictures lie on the page. */
export function picturesOf(list: ParentNode): Box[] {
  return [...list.querySelectorAll<HTMLElement>(".class-cells [data-cell]")].map((element) => {
    const { left, top } = element.getBoundingClientRect();
    return { key: element.dataset.cell ?? "", left, top };
  });
}
