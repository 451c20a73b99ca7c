import { describe, expect, it } from "vitest";
import { SquareGrid } from "./grid";

function scattered(n: number) {
  let seed = 7;
  const next = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const x = Float32Array.from({ length: n }, () => 500 + next() * 4000);
  const y = Float32Array.from({ length: n }, () => 90 + next() * 2500);
  const box: [number, number, number, number] = [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
  return { n, x, y, box };
}

describe("cells by place", () => {
  it("hold every cell of a rectangle, each once, and few others", () => {
    const cells = scattered(3000);
    const grid = new SquareGrid(cells, cells.box);
    for (const [l, t, r, b] of [
      [0, 0, 9000, 9000],
      [900, 400, 1300, 700],
      [4400, 2400, 4600, 2700],
      [-50, -50, -1, -1],
    ] as const) {
      const visits: number[] = [];
      grid.each(l, t, r, b, (row) => visits.push(row));
      expect(new Set(visits).size).toBe(visits.length);
      const inside = [...cells.x.keys()].filter((i) => {
        const [x, y] = [cells.x[i] as number, cells.y[i] as number];
        return x >= l && x <= r && y >= t && y <= b;
      });
      for (const row of inside) expect(visits).toContain(row);
      if (inside.length) expect(visits.length).toBeLessThan(inside.length * 6 + 1);
      else expect(visits).toEqual([]);
    }
  });
  it("take no cells at all", () => {
    const grid = new SquareGrid({ n: 0, x: new Float32Array(), y: new Float32Array() }, [
      Infinity,
      Infinity,
      -Infinity,
      -Infinity,
    ]);
    grid.each(0, 0, 100, 100, () => expect.unreachable());
  });
});
