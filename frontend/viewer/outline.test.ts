import { describe, expect, it } from "vitest";
import type { Point } from "./glue";
import { around, grown, outlineText, thinned } from "./outline";

describe("an outline drawn by hand", () => {
  it("grows by points that are apart", () => {
    const one = grown([], [0, 0], 3);
    expect(grown(one, [1, 1], 3)).toBe(one);
    expect(grown(one, [4, 0], 3)).toEqual([
      [0, 0],
      [4, 0],
    ]);
  });
  it("is thinned to what the server takes, and keeps its round", () => {
    const circle = Array.from({ length: 5000 }, (_, i): Point => {
      const angle = (2 * Math.PI * i) / 5000;
      return [100 * Math.cos(angle), 100 * Math.sin(angle)];
    });
    const few = thinned(circle);
    expect(few.length).toBe(240);
    expect(Math.min(...few.map((p) => p[0]))).toBeLessThan(-99);
    expect(outlineText([[1.23, 4.56]])).toBe("1.2,4.6");
  });
  it("has a rectangle around it that stays on the slide", () => {
    expect(
      around(
        [
          [-5, 10.4],
          [50.9, 300],
        ],
        40,
        200,
      ),
    ).toEqual([0, 10, 40, 190]);
  });
});
