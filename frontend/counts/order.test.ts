import { describe, expect, it } from "vitest";
import type { Schema } from "../shared/types";
import { classGroups } from "./order";

const cell = { name: "", short: "", colour: "", mark: "", shortcut: "", must_see: false, counted: true };
const schema: Schema = {
  name: "t",
  version: 1,
  groups: [
    { key: "rbc", name: "Red cells", noun: "", kind: "red_cell" },
    { key: "wbc", name: "White cells", noun: "", kind: "nucleated" },
    { key: "none", name: "Nothing", noun: "", kind: "other" },
  ],
  classes: [
    { ...cell, index: 0, key: "normal", group: "rbc" },
    { ...cell, index: 1, key: "target", group: "rbc" },
    { ...cell, index: 2, key: "seg", group: "wbc" },
    { ...cell, index: 3, key: "blast", group: "wbc" },
  ],
};

describe("the class list", () => {
  const counts = [900, 0, 60, 0];
  const count = (cls: number) => counts[cls] ?? 0;
  it("shows white cells above red cells, and folds what holds no cell", () => {
    const [white, red] = classGroups(schema, count, null);
    expect([white?.name, red?.name]).toEqual(["White cells", "Red cells"]);
    expect(white?.filled.map((c) => c.key)).toEqual(["seg"]);
    expect(white?.empty.map((c) => c.key)).toEqual(["blast"]);
    expect(red?.total).toBe(900);
  });
  it("keeps the class that is shown in sight", () => {
    expect(classGroups(schema, count, 3)[0]?.filled.map((c) => c.key)).toEqual(["seg", "blast"]);
  });
});
