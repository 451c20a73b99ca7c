import { describe, expect, it } from "vitest";
import type { GalleryRow, Schema } from "../shared/types";
import { chosenText, outlinedOf } from "./usearea";

const cell = { name: "", short: "", group: "", colour: "", mark: "", shortcut: "", must_see: false, counted: true };
const schema: Schema = {
  name: "t",
  version: 1,
  groups: [],
  classes: [0, 1, 2].map((index) => ({ ...cell, index, key: `c${index}` })),
};

describe("a lasso", () => {
  it("asks for the cells that are marked, by class and score", () => {
    const query = outlinedOf(
      [
        [0, 0],
        [9, 0],
        [9, 9],
      ],
      schema,
      { hidden: new Set([1]), threshold: 0.4 },
    );
    expect(query).toEqual({ within: "0.0,0.0 9.0,0.0 9.0,9.0", classes: "0,2", least: "0.4" });
  });
  it("says how many it chose, and when that is not all", () => {
    const rows = [{}, {}] as GalleryRow[];
    expect(chosenText(rows, 2)).toContain("2 marked cells are chosen.");
    expect(chosenText(rows, 70)).toContain("2 of 70 marked cells are chosen; draw round fewer.");
    expect(chosenText([], 0)).toBe("No marked cell lies there.");
  });
});
