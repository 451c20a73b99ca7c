import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import type { CellClass, Counts, GalleryRow } from "../shared/types";
import { NO_LABELS } from "./labels";
import { askAgain, byClass, movedHere } from "./usedifferential";

const cell = { name: "", short: "", group: "wbc", colour: "", mark: "", shortcut: "", must_see: false, counted: true };
const classes: CellClass[] = [
  { ...cell, index: 4, key: "seg" },
  { ...cell, index: 5, key: "lymph" },
  { ...cell, index: 6, key: "blast" },
];
const row = (n: number, label: number, more: Partial<GalleryRow> = {}) =>
  ({ row: n, added: null, class: 4, label, state: "", ...more }) as GalleryRow;

describe("the differential", () => {
  it("shows each cell in the class that people left it in, and classes without cells apart", () => {
    const groups = byClass(
      classes,
      [row(1, 4), row(2, 5, { state: "relabelled" }), row(3, -1, { state: "rejected" })],
      null,
    );
    expect(groups.filled.map((g) => [g.cell.key, g.rows.map((r) => r.row)])).toEqual([
      ["seg", [1, 3]],
      ["lymph", [2]],
    ]);
    expect(groups.empty.map((c) => c.key)).toEqual(["blast"]);
    expect(groups.rows.map((r) => r.row)).toEqual([1, 3, 2]);
  });
  it("puts cells that nobody can name before all others", () => {
    const withNameless = [...classes, { ...cell, index: 9, key: "unidentified" }];
    const groups = byClass(withNameless, [row(1, 4), row(7, 9)], null);
    expect(groups.filled.map((g) => g.cell.key)).toEqual(["unidentified", "seg"]);
    expect(groups.rows.map((r) => r.row)).toEqual([7, 1]);
  });
  it("lists cells without a name by what they may be, the most numerous first, and says on its last row how many are elsewhere", () => {
    const withNameless = [...classes, { ...cell, index: 9, key: "unidentified" }];
    const rows = [row(1, 9, { perhaps: 6 }), row(2, 9, { perhaps: 4 }), row(3, 9), row(4, 9, { perhaps: 4 })];
    const groups = byClass(withNameless, rows, null, new Map([[9, 12]]));
    expect(groups.filled.map((g) => [g.perhaps, g.rows.map((r) => r.row), g.unlisted])).toEqual([
      [4, [2, 4], 0],
      [6, [1], 0],
      [null, [3], 12],
    ]);
    expect(groups.rows.map((r) => r.row)).toEqual([2, 4, 1, 3]);
    expect(byClass(withNameless, [row(2, 4, { perhaps: 4 })], null).filled.map((g) => g.cell.key)).toEqual(["seg"]);
  });
  it("gives the counted share, and only the sections of its classes", () => {
    const share = { count: 2, value: 66.7, low: 9.4, high: 99.2 };
    const counts = {
      sections: [
        { key: "differential", rows: [{ class: 4, reviewed: share }] },
        { key: "red_cells", rows: [{ class: 0, reviewed: share }] },
      ],
    } as unknown as Counts;
    const groups = byClass(classes, [row(1, 4)], counts);
    expect(groups.sections.map((s) => s.key)).toEqual(["differential"]);
    expect(groups.filled[0]?.share).toBe(share);
  });
  it("gives no share of too few cells, but their number", () => {
    const share = { count: 2, value: 66.7, low: 9.4, high: 99.2 };
    const few = [{ key: "differential", below_floor: true, rows: [{ class: 4, reviewed: share }] }];
    const groups = byClass(classes, [row(1, 4)], { sections: few } as unknown as Counts);
    expect(groups.filled[0]?.share).toEqual({ count: 2, value: null, low: null, high: null });
  });
  it("knows of each class how many cells are not shown", () => {
    const groups = byClass(classes, [row(1, 4), row(2, 5)], null, new Map([[4, 650]]));
    expect(groups.filled.map((g) => [g.cell.key, g.unlisted])).toEqual([
      ["seg", 650],
      ["lymph", 0],
    ]);
  });
});

describe("a cell that was given a class of another kind", () => {
  const red = row(8, 0, { class: 0 });
  const labels = { ...NO_LABELS, rows: new Map([[8, { label: 5, state: "relabelled" as const, by: "Tess" }]]) };
  it("is listed with that kind at once, and once only", () => {
    expect(movedHere(classes, [row(1, 4)], [row(1, 4), red, red], labels).map((r) => r.row)).toEqual([8]);
    expect(movedHere(classes, [row(1, 4), red], [red], labels)).toEqual([]);
    expect(movedHere(classes, [row(1, 4)], [red], NO_LABELS)).toEqual([]);
  });
  it("is asked for when that kind is shown again", () => {
    const client = new QueryClient();
    client.setQueryData(["gallery", "j", 5], { rows: [] });
    client.setQueryData(["gallery", "j", 0], { rows: [] });
    askAgain(client, ["gallery", "j", 5]);
    expect([5, 0].map((c) => client.getQueryState(["gallery", "j", c])?.isInvalidated)).toEqual([true, false]);
    client.clear();
  });
});
