import { describe, expect, it } from "vitest";
import { AS_IT_IS, balanceFor, isChanged, matrix } from "./picture";

describe("the picture's adjustments", () => {
  it("change nothing by themselves", () => {
    expect(matrix(AS_IT_IS)).toBe("1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 1 0");
    expect(isChanged(AS_IT_IS)).toBe(false);
    expect(isChanged({ ...AS_IT_IS, gamma: 1.2 })).toBe(true);
  });
  it("keep middle grey under contrast", () => {
    const [r, , , , offset] = matrix({ ...AS_IT_IS, contrast: 1.5 })
      .split(" ")
      .map(Number);
    expect((r ?? 0) * 0.5 + (offset ?? 0)).toBeCloseTo(0.5);
  });
  it("make empty glass neutral and refuse a dark place", () => {
    const balance = balanceFor([240, 230, 200]);
    expect(balance?.map((b, i) => Math.round(b * [240, 230, 200][i]!))).toEqual([240, 240, 240]);
    expect(balanceFor([60, 40, 70])).toBeNull();
  });
});
