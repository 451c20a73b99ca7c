import { describe, expect, it } from "vitest";
import { readPlace, writePlace } from "./place";
import { lengthText, scaleBar, umPerPx } from "./scalebar";

describe("the scale bar", () => {
  it("is a round length that fits", () => {
    expect(scaleBar(0.25, 150)).toEqual({ um: 20, px: 80 });
    expect(scaleBar(4, 150)).toEqual({ um: 500, px: 125 });
    expect(lengthText(2000)).toBe("2 mm");
  });
  it("takes ×40 for a quarter of a micrometre a pixel", () => {
    expect(umPerPx(40)).toBe(0.25);
  });
});

describe("a link to a place", () => {
  it("comes back as it was written", () => {
    const place = { slide: "s", job: "j", x: 10.4, y: 20, z: 40, cell: 7, turn_degrees: 45, flip: true };
    expect(readPlace(writePlace(place))).toEqual({ ...place, x: 10 });
    expect(readPlace("#x=abc&y=")).toEqual({
      slide: undefined,
      job: undefined,
      x: undefined,
      y: undefined,
      z: undefined,
      cell: undefined,
      turn_degrees: undefined,
      flip: undefined,
    });
  });
});
