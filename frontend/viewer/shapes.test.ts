import { describe, expect, it } from "vitest";
import { areaOf, cornersOf, lengthOf, measureText } from "./shapes";

describe("measures on the slide", () => {
  it("are lengths and areas in µm, whatever way the points go round", () => {
    expect(
      lengthOf([
        [0, 0],
        [30, 40],
      ]),
    ).toBe(50);
    expect(
      measureText(
        {
          kind: "line",
          points: [
            [0, 0],
            [30, 40],
          ],
        },
        0.25,
      ),
    ).toBe("12.5 µm");
    expect(
      measureText(
        {
          kind: "line",
          points: [
            [0, 0],
            [8000, 0],
          ],
        },
        0.25,
      ),
    ).toBe("2.00 mm");
    const triangle: [number, number][] = [
      [0, 0],
      [40, 0],
      [0, 40],
    ];
    expect(areaOf(triangle)).toBe(800);
    expect(areaOf([...triangle].reverse())).toBe(800);
    expect(measureText({ kind: "polygon", points: triangle }, 0.5)).toBe("200 µm²");
    expect(measureText({ kind: "polygon", points: triangle.slice(0, 2) }, 0.5)).toBe("");
  });
  it("are in px where the scale is not known", () => {
    expect(
      measureText(
        {
          kind: "line",
          points: [
            [0, 0],
            [30, 40],
          ],
        },
        null,
      ),
    ).toBe("50 px");
    expect(measureText({ kind: "point", points: [[0, 0]] }, null)).toBe("");
  });
  it("of a rectangle are those of its upright corners", () => {
    const points: [number, number][] = [
      [10, 20],
      [110, 70],
    ];
    expect(cornersOf({ kind: "rectangle", points })).toEqual([
      [10, 20],
      [110, 20],
      [110, 70],
      [10, 70],
    ]);
    expect(measureText({ kind: "rectangle", points }, 1)).toBe("5000 µm²");
  });
});
