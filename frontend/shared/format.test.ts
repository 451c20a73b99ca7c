import { describe, expect, it } from "vitest";
import { analysisName, certainty, fixed, seconds, slideTitle } from "./format";

describe("a length of time", () => {
  it("is told in the units that people use", () => {
    expect([45, 89, 720, 3600, 4768].map(seconds)).toEqual(["45 s", "89 s", "12 min", "1 h", "1 h 19 min"]);
    expect(seconds(null)).toBe("");
  });
});

describe("a slide", () => {
  it("is called by its name, or by its place in the case where the name is an identifier", () => {
    expect(slideTitle({ name: "film.svs" }, 0)).toBe("film.svs");
    expect(slideTitle({ name: "3f2b8c1e-9d4a-4c55-8f10-0a1b2c3d4e5f.tif" }, 1)).toBe("Slide 2 (3f2b8c1e)");
  });
});

describe("an analysis", () => {
  it("is called by its examination, its protocol and when it was ordered, and a region's is said to be one", () => {
    const job = {
      assay_title: "White cells",
      protocol_title: "Fast",
      requested_at: "2026-11-28T12:00:00Z",
      region: null,
    };
    expect(analysisName(job)).toMatch(/^White cells: Fast, 28 Nov 2026, \d\d:\d\d$/);
    expect(analysisName({ ...job, region: [0, 0, 9, 9] })).toMatch(/ \(region\)$/);
  });
});

describe("how sure the machine is", () => {
  it("is said in percent, and not at all of what it could not name", () => {
    expect([0.871, 0.01, 0.004].map(certainty)).toEqual(["87 %", "1 %", "below 1 %"]);
    expect([certainty(0), certainty(null)]).toEqual(["", ""]);
  });
});

describe("a number below zero", () => {
  it("has a true minus sign, and a zero has none", () => {
    expect([fixed(-1.14, 1), fixed(-0.04, 1), fixed(1.1, 1)]).toEqual(["−1.1", "0.0", "1.1"]);
  });
});
