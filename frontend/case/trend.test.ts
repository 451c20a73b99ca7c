import { describe, expect, it } from "vitest";
import { trendShape } from "./trend";

describe("a small trend", () => {
  const points = [
    { value: 5, low: 3, high: 8 },
    { value: 20, low: 15, high: 26 },
  ];
  it("holds all intervals and the reference range within its picture", () => {
    const { dots, band } = trendShape(points, { low: 1, high: 4 }, 100, 40);
    for (const dot of dots) {
      expect(dot.top).toBeGreaterThanOrEqual(5);
      expect(dot.bottom).toBeLessThanOrEqual(35);
      expect(dot.top).toBeLessThan(dot.y);
      expect(dot.y).toBeLessThan(dot.bottom);
    }
    expect(dots.map((d) => d.x)).toEqual([5, 95]);
    expect((band?.y ?? 0) + (band?.height ?? 0)).toBeCloseTo(35);
  });
  it("draws a value that never changes, and one without an upper end", () => {
    const flat = trendShape([{ value: 2, low: 2, high: 2 }], null, 100, 40);
    expect(flat.dots[0]?.y).toBe(35);
    expect(trendShape([{ value: 2, low: 1, high: null }], null, 100, 40).dots[0]?.open).toBe(true);
  });
});
