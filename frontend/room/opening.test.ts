import { describe, expect, it } from "vitest";
import type { Analysis, Region, Schema, Slide } from "../shared/types";
import { openingNote, opensTabled, placeCounts, quietClasses } from "./opening";

const slide = (name: string, more: Partial<Slide> = {}) =>
  ({ name, status: "ready", message: "", width: 100, height: 50, photo_fields: [], job: null, ...more }) as Slide;

describe("the slide a room opens on", () => {
  it("is named with the reason why the first is not shown", () => {
    const failed = slide("a.tif", { job: { state: "failed", reason: "Out of memory" } as Analysis });
    const importing = slide("b.tif", { status: "importing" });
    const refused = slide("c.tif", { status: "refused", message: "The file is cut short." });
    const current = slide("d.tif");
    expect(openingNote({ slides: [failed, importing, refused, current] }, current)).toBe(
      "The analysis of a.tif failed: Out of memory. b.tif is still being imported. " +
        "c.tif could not be imported: The file is cut short. This is d.tif.",
    );
    expect(openingNote({ slides: [current, failed] }, current)).toBe("");
  });
});

describe("the marks at opening", () => {
  it("are those of nucleated cells and of what must be seen", () => {
    const cell = { name: "", short: "", colour: "", mark: "", shortcut: "", must_see: false, counted: true };
    const schema: Schema = {
      name: "t",
      version: 1,
      groups: [
        { key: "rbc", name: "", noun: "", kind: "red_cell" },
        { key: "wbc", name: "", noun: "", kind: "nucleated" },
      ],
      classes: [
        { ...cell, index: 0, key: "normal", group: "rbc" },
        { ...cell, index: 1, key: "sickle", group: "rbc", must_see: true },
        { ...cell, index: 2, key: "seg", group: "wbc" },
      ],
    };
    expect([...quietClasses(schema)]).toEqual([0]);
  });
});

describe("a room", () => {
  const cell = {
    name: "",
    short: "",
    colour: "",
    mark: "",
    shortcut: "",
    must_see: false,
    counted: true,
    group: "wbc",
  };
  const schema = (classes: number): Schema => ({
    name: "t",
    version: 1,
    groups: [{ key: "wbc", name: "", noun: "", kind: "nucleated" }],
    classes: Array.from({ length: classes }, (_, index) => ({ ...cell, index, key: `c${index}` })),
  });
  it("opens on the differential, unless a link names a place or there is nothing to tell apart", () => {
    expect(opensTabled({}, { reviewable: true }, schema(2))).toBe(true);
    expect(opensTabled({ x: 3 }, { reviewable: true }, schema(2))).toBe(false);
    expect(opensTabled({ cell: 0 }, { reviewable: true }, schema(2))).toBe(false);
    expect(opensTabled({}, { reviewable: false }, schema(2))).toBe(false);
    expect(opensTabled({}, null, schema(2))).toBe(false);
    expect(opensTabled({}, { reviewable: true }, schema(1))).toBe(false);
  });
});

describe("a place for a missed cell", () => {
  const region = (x: number, used: boolean, searched = "") =>
    ({ x, y: 0, w: 20, h: 50, used, done: used, searched, elsewhere: [] as number[][][] }) as Region;
  const refusal = (on: Slide, regions: readonly Region[], x: number, y: number) =>
    placeCounts(on, regions, x, y, 8).refusal;
  it("lies on the slide, on a photograph, in a counted field", () => {
    const photos = [
      { x: 0, y: 0, w: 40, h: 50 },
      { x: 60, y: 0, w: 40, h: 50 },
    ];
    expect(refusal(slide("a"), [region(0, true)], 10, 10)).toBe("");
    expect(refusal(slide("a"), [], 10, 10)).toBe("");
    expect(refusal(slide("a"), [region(0, true)], -1, 10)).toContain("outside the slide");
    expect(refusal(slide("a", { photo_fields: photos }), [], 50, 10)).toContain("between the photographs");
    expect(refusal(slide("a"), [region(0, true), region(20, false)], 30, 10)).toContain("outside the counted fields");
    expect(refusal(slide("a"), [region(0, true), region(20, false, "edges")], 30, 10)).toContain("outside");
  });
  it("is counted in one of two photographs that show it", () => {
    const shared = {
      ...region(0, true),
      elsewhere: [
        [
          [10, 0],
          [20, 0],
          [20, 50],
          [10, 50],
        ],
      ],
    };
    expect(refusal(slide("a"), [shared], 5, 10)).toBe("");
    expect(refusal(slide("a"), [shared], 15, 10)).toContain("Another photograph shows this place");
    const hole = {
      ...shared,
      elsewhere: [
        ...shared.elsewhere,
        [
          [12, 5],
          [18, 5],
          [18, 15],
          [12, 15],
        ],
      ],
    };
    expect(refusal(slide("a"), [hole], 15, 10)).toBe("");
  });
  it("takes nucleated cells alone where only those were searched for", () => {
    const regions = [region(0, true, "fields"), region(20, false, "film")];
    expect(placeCounts(slide("a"), regions, 30, 10, 8)).toEqual({ refusal: "", nucleated_only: true, cut: false });
    expect(placeCounts(slide("a"), regions, 10, 10, 8)).toEqual({ refusal: "", nucleated_only: false, cut: false });
  });
  it("is said to be cut where a box about it reaches over the edge of its picture", () => {
    const pictures = slide("a", { photo_fields: [{ x: 0, y: 0, w: 40, h: 40 }] as Slide["photo_fields"] });
    const cut = (on: Slide, x: number) => placeCounts(on, [], x, 20, 8).cut;
    expect([cut(pictures, 20), cut(pictures, 38), cut(slide("a"), 38), cut(slide("a"), 98)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});
