import { describe, expect, it } from "vitest";
import { type Affine, affineOf, inView, mirrored, scaleOf, toScreen, toSlide } from "./glue";

/** Zoom 2, turned about the screen's middle (500, 400), which shows (300, 200) of the slide. */
function turned(degrees: number, flip: boolean): Affine {
  const angle = (degrees * Math.PI) / 180;
  const at = (x: number, y: number): [number, number] => {
    const [dx, dy] = [2 * (x - 300), 2 * (y - 200)];
    return [500 + dx * Math.cos(angle) - dy * Math.sin(angle), 400 + dx * Math.sin(angle) + dy * Math.cos(angle)];
  };
  const upright = affineOf(at(0, 0), at(1000, 0), at(0, 1000), 1000);
  return flip ? mirrored(upright, 1000) : upright;
}

describe("a place of the slide", () => {
  it("comes back from the screen at eight angles, mirrored or not", () => {
    for (let degrees = 0; degrees < 360; degrees += 45)
      for (const flip of [false, true]) {
        const at = turned(degrees, flip);
        const [x, y] = toSlide(at, ...toScreen(at, 341, 187));
        expect(x).toBeCloseTo(341);
        expect(y).toBeCloseTo(187);
        expect(scaleOf(at)).toBeCloseTo(2);
        expect(toScreen(at, 300, 200)[0]).toBeCloseTo(500);
      }
  });
  it("lies left of the middle in a mirror where it lay right of it", () => {
    expect(toScreen(turned(0, false), 310, 200)[0]).toBeCloseTo(520);
    expect(toScreen(turned(0, true), 310, 200)[0]).toBeCloseTo(480);
    expect(toScreen(turned(90, true), 310, 200)[1]).toBeCloseTo(420);
  });
  it("is in view wherever the screen's corners are turned to", () => {
    const [left, top, right, bottom] = inView(turned(45, false), 1000, 800);
    expect(left).toBeCloseTo(300 - 450 / Math.SQRT2);
    expect(right).toBeCloseTo(300 + 450 / Math.SQRT2);
    expect(bottom - top).toBeCloseTo(right - left);
  });
});
