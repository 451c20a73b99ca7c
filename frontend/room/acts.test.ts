import { describe, expect, it } from "vitest";
import type { GalleryRow } from "../shared/types";
import { classOf, heapOf } from "./acts";

const cell = (row: number, must_see = "", state = "") => ({ row, must_see, state }) as GalleryRow;

describe("cells confirmed in a heap", () => {
  it("leaves those that must be seen, but for one that was looked at already", () => {
    expect(heapOf([cell(1), cell(2, "blast"), cell(3, "blast", "confirmed")]).map((c) => c.row)).toEqual([1, 3]);
  });
  it("takes a single cell whichever it is", () => {
    expect(heapOf([cell(2, "blast")])).toHaveLength(1);
  });
  it("names the class that all of them are shown as, by what people called them, and none where they differ", () => {
    const withLabel = (row: number, cls: number, label: number | null) =>
      ({ ...cell(row), class: cls, label }) as GalleryRow;
    expect(classOf([withLabel(1, 4, null), withLabel(2, 7, 4)])).toBe(4);
    expect(classOf([withLabel(1, 4, null), withLabel(2, 7, null)])).toBeNull();
    expect(classOf([])).toBeNull();
  });
});
