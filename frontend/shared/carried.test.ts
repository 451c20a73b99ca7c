import { describe, expect, it } from "vitest";
import { carriedText, keepText } from "./carried";
import type { CarriedLabel, Schema } from "./types";

const schema = {
  classes: [
    { key: "blast", name: "Blast" },
    { key: "mono", name: "Monocyte" },
  ],
} as Schema;
const label = (more: Partial<CarriedLabel>) =>
  ({
    by: "Tess",
    state: "relabelled",
    label_key: "blast",
    machine_before: "mono",
    machine_now: "blast",
    why: "renamed",
    ...more,
  }) as CarriedLabel;

describe("a label of an earlier analysis", () => {
  it("says what was said and what is there now", () => {
    expect(carriedText(label({}), schema)).toEqual({
      before: "Tess classified this cell as Blast.",
      now: "The machine now says Blast; before, Monocyte.",
    });
    expect(carriedText(label({ state: "confirmed", label_key: "", why: "no-partner" }), schema)).toEqual({
      before: "Tess confirmed this cell as Monocyte.",
      now: "The new analysis has no cell here.",
    });
    expect(carriedText(label({ state: "rejected" }), schema).before).toBe("Tess rejected this cell.");
  });
  it("says what keeping it does", () => {
    expect(keepText(label({}))).toBe("Keep the label");
    expect(keepText(label({ why: "no-partner" }))).toBe("Add the cell");
  });
});
