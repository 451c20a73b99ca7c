import { describe, expect, it } from "vitest";
import type { AddedCell, Schema } from "../shared/types";
import { CellStore, type Chunk, ROW_BYTES, unpack } from "../viewer/cellstore";
import { cellAt, cellAtPlaceText, uponText } from "./cellatplace";
import { type Labels, NO_LABELS } from "./labels";

const schema = { classes: [{ name: "Lymphocyte" }, { name: "Monocyte" }] } as Schema;

/** A store of one lymphocyte in row 5, 20 by 20 px about (100, 100). */
function store(): CellStore {
  const raw = new ArrayBuffer(ROW_BYTES);
  const view = new DataView(raw);
  view.setFloat32(0, 100, true);
  view.setFloat32(4, 100, true);
  view.setUint16(8, 20, true);
  view.setUint16(10, 20, true);
  const chunk: Chunk = unpack(raw, "0,0", 5);
  const cells = new CellStore();
  cells.add(chunk);
  return cells;
}

const added = (more: Partial<AddedCell> = {}): AddedCell =>
  ({ id: "a", x: 300, y: 300, w: 40, h: 40, label: 1, state: "relabelled", by: "Tess", ...more }) as AddedCell;
const labelsWith = (more: Partial<Labels>): Labels => ({ ...NO_LABELS, ...more });

describe("a place where a cell is to be added", () => {
  it("names the machine's cell that lies there, as people call it now", () => {
    const existing = cellAt(store(), NO_LABELS, schema, 104, 97);
    expect(existing).toEqual({ cell: { row: 5, added: null }, name: "Lymphocyte", machine: true });
    expect(existing && cellAtPlaceText(existing)).toBe(
      "The machine has a cell here: Lymphocyte. Name that one, or add a second cell.",
    );
    const renamed = labelsWith({ rows: new Map([[5, { label: 1, state: "relabelled", by: "Tess" }]]) });
    expect(cellAt(store(), renamed, schema, 104, 97)?.name).toBe("Monocyte");
    expect(cellAt(store(), NO_LABELS, schema, 109, 109), "the corner of its box is no part of a cell").toBeNull();
  });

  it("names a cell that a person added, and none that was rejected", () => {
    const labels = labelsWith({ added: [added()] });
    expect(cellAt(store(), labels, schema, 310, 300)).toEqual({
      cell: { row: null, added: "a" },
      name: "Monocyte",
      machine: false,
    });
    expect(cellAt(store(), labelsWith({ added: [added({ state: "rejected" })] }), schema, 310, 300)).toBeNull();
    const rejected = labelsWith({ rows: new Map([[5, { label: null, state: "rejected", by: "Tess" }]]) });
    expect(cellAt(store(), rejected, schema, 100, 100)).toBeNull();
  });
});

describe("the card of an added cell", () => {
  it("names the machine's cell upon which it lies, and says which of the two are counted", () => {
    const upon = { row: 5, added: null, class: 0 };
    expect(uponText(added({ upon: null }), NO_LABELS, schema)).toBe("The machine has no cell here.");
    expect(uponText(added({ upon }), NO_LABELS, schema)).toBe(
      "The machine has a cell here, too: Lymphocyte. Both are counted.",
    );
    const rejected = labelsWith({ rows: new Map([[5, { label: null, state: "rejected", by: "Tess" }]]) });
    expect(uponText(added({ upon }), rejected, schema)).toContain("(Lymphocyte) was rejected");
  });
});
