import { describe, expect, it } from "vitest";
import type { TileAccess } from "../shared/types";
import { accessOf, analysedOf, besideOf, depthText, type Plane } from "./planes";

const plane = (number: number, more: Partial<Plane> = {}): Plane => ({
  number,
  depth_um: (number - 1) * 1.5,
  analysed: number === 2,
  base: `/tiles/a/z${number}/s/`,
  ...more,
});
const planes = [plane(1), plane(2, { base: "/tiles/a/s/" }), plane(3), plane(4, { base: "" })];
const access = { base: "/tiles/a/s/", planes } as unknown as TileAccess;

describe("focal planes", () => {
  it("are stepped through to the ends, past those that cannot be read", () => {
    expect(besideOf(planes, 2, 1)).toBe(3);
    expect(besideOf(planes, 3, 1)).toBe(3);
    expect(besideOf(planes, 1, -1)).toBe(1);
    expect(besideOf([plane(1), plane(2, { base: "" }), plane(3)], 1, 1)).toBe(3);
  });

  it("have tiles of their own; what cannot be read shows the analysed plane", () => {
    expect(accessOf(access, 3).base).toBe("/tiles/a/z3/s/");
    expect(accessOf(access, 4).base).toBe("/tiles/a/s/");
    expect(accessOf(access, null)).toBe(access);
  });

  it("say how deep they lie from the analysed one, where the file states it", () => {
    const analysed = analysedOf(planes);
    expect(planes.map((one) => depthText(one, analysed))).toEqual(["−1.5 µm", "", "+1.5 µm", "+3 µm"]);
    expect(depthText(plane(3, { depth_um: null }), analysed)).toBe("");
  });
});
