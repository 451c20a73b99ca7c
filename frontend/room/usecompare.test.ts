import { describe, expect, it } from "vitest";
import type { GalleryRow } from "../shared/types";
import { nextLikely, sideBySide } from "./usecompare";

const rows = [1, 2, 3].map((row) => ({ row, added: null }) as GalleryRow);

describe("cells side by side", () => {
  it("are the two chosen last, in that order", () => {
    expect(sideBySide(rows, new Set(["r3", "r1", "r2"])).map((r) => r.row)).toEqual([1, 2]);
    expect(sideBySide(rows, new Set(["r3"])).map((r) => r.row)).toEqual([3]);
    expect(sideBySide(rows, new Set(["a9"]))).toEqual([]);
  });
  it("are held against one likely class after another", () => {
    expect([nextLikely([4, 7, 9], 4), nextLikely([4, 7, 9], 9), nextLikely([4], 2), nextLikely([], 4)]).toEqual([
      7,
      4,
      4,
      null,
    ]);
  });
});
