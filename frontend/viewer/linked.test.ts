import { describe, expect, it } from "vitest";
import { followed, offsetOf } from "./linked";

const place = (x: number, y: number) => ({ x, y, z: 40, turn_degrees: 45, flip: true });

describe("linked slides", () => {
  it("keep their distance in µm, and share magnification, angle and mirror", () => {
    const [a, b] = [place(1000, 400), place(300, 900)];
    const offset = offsetOf(a, b, 0.25, 0.5);
    expect(followed(a, 0.25, 0.5, offset)).toEqual(b);
    expect(followed(place(1200, 400), 0.25, 0.5, offset)).toEqual(place(400, 900));
  });
  it("stand at one place where there is no distance", () => {
    expect(followed(place(7, 8), 0.25, 0.25, [0, 0])).toEqual(place(7, 8));
  });
});
