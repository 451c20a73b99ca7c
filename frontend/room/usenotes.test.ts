import { describe, expect, it } from "vitest";
import type { CellNote } from "../shared/types";
import { byCell } from "./usenotes";

const note = (more: Partial<CellNote>) => ({ id: "n", kind: "comment", row: null, added: null, ...more }) as CellNote;

describe("notes on cells", () => {
  it("stand at their cells, counted by cell, and those without a cell are kept apart", () => {
    const lost = note({ id: "lost" });
    const placed = byCell([
      note({ row: 4 }),
      note({ row: 4 }),
      note({ row: 4, kind: "teach" }),
      note({ added: "x", kind: "teach" }),
      lost,
    ]);
    expect(placed.cells.get("r4")?.length).toBe(3);
    expect([placed.commented, placed.teaching]).toEqual([1, 2]);
    expect(placed.cells.has("ax")).toBe(true);
    expect(placed.astray).toEqual([lost]);
  });
});
