import { describe, expect, it } from "vitest";
import { addContour, ContourStore, unpackContours } from "./contours";

/** Three rows: a triangle, none, a square. */
function raw(): ArrayBuffer {
  const words = [3, 0, 4, 0, 0, 8, 0, 8, 8, -4, -4, 4, -4, 4, 4, -4, 4];
  return Int16Array.from(words).buffer;
}

describe("outlines of cells", () => {
  it("come as points a row, from the centre in quarter px", () => {
    const chunk = unpackContours(raw(), 10, 3);
    const steps: string[] = [];
    const path = {
      moveTo: (x: number, y: number) => steps.push(`M${x},${y}`),
      lineTo: (x: number, y: number) => steps.push(`L${x},${y}`),
      closePath: () => steps.push("Z"),
    } as unknown as Path2D;
    expect(addContour(path, chunk, 10, 100, 200)).toBe(true);
    expect(addContour(path, chunk, 11, 100, 200)).toBe(false);
    expect(addContour(path, chunk, 12, 0, 0)).toBe(true);
    expect(steps).toEqual(["M100,200", "L102,200", "L102,202", "Z", "M-1,-1", "L1,-1", "L1,1", "L-1,1", "Z"]);
  });
  it("are refused when cut short", () => {
    expect(() => unpackContours(raw().slice(0, 30), 10, 3)).toThrow("incomplete");
  });
  it("are found by row once their tile is here", () => {
    const store = new ContourStore();
    expect(store.of(11)).toBeNull();
    store.add(unpackContours(raw(), 10, 3), ["0,0"]);
    expect([store.of(10)?.first, store.of(12)?.first, store.of(13)]).toEqual([10, 10, null]);
    expect(store.tiles.has("0,0")).toBe(true);
  });
});
