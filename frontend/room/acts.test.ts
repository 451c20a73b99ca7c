import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import { keyOf } from "../gallery/keyof";
import type { GalleryRow } from "../shared/types";
import { classOf, heapOf, useActs } from "./acts";

const cell = (row: number, must_see = "", state = "") => ({ row, added: null, must_see, state }) as GalleryRow;

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

type Setting = Parameters<typeof useActs>[0];

type Acts = ReturnType<typeof useActs>;

function Page({ setting, index, give }: { setting: Setting; index: number; give(acts: Acts): void }) {
  const acts = useActs(setting);
  if (acts.current !== index) acts.choose(index, "one");
  give(acts);
  return null;
}

/** What people can do to a list of cells of which they chose the one at a place. */
function actsAt(index: number, setting: Partial<Setting>): Acts {
  const label = async () => true;
  const nothing = () => {};
  const unset = { label, refusal: "", selected: null, onSelect: nothing, goTo: nothing, say: nothing, mixed: false };
  const shown: Acts[] = [];
  const give = (acts: Acts) => void shown.push(acts);
  renderToStaticMarkup(createElement(Page, { setting: { rows: [], ...unset, ...setting }, index, give }));
  return shown.pop() as Acts;
}

describe("a key pressed before the server has answered the one before", () => {
  const rows = [cell(1), cell(2), cell(3)];
  it("finds the following cell chosen, so that each key goes to its own cell, in order", () => {
    const label = vi.fn<Setting["label"]>(() => new Promise(() => {}));
    let chosen = 0;
    const onSelect = (to: { row: number | null } | null) => {
      chosen = (to?.row ?? 0) - 1;
    };
    for (const cls of [7, 8, 9]) void actsAt(chosen, { rows, label, onSelect }).act("relabel", cls);
    expect(label.mock.calls.map(([, targets, cls]) => [targets.rows, cls])).toEqual([
      [[1], 7],
      [[2], 8],
      [[3], 9],
    ]);
  });
  it("stays where it went when the one before is refused", async () => {
    const onSelect = vi.fn();
    await actsAt(0, { rows, label: async () => false, onSelect }).act("confirm");
    expect(onSelect.mock.lastCall).toEqual([rows[1]]);
  });
});

describe("cells on screen that are named together", () => {
  const rows = [cell(1), cell(2, "", "rejected"), cell(3, "", "relabelled"), cell(4, "", "confirmed"), cell(5)];
  const keys = new Set(rows.map(keyOf));
  it("are those that are open; how many were left is said", async () => {
    const [label, say] = [vi.fn<Setting["label"]>(async () => true), vi.fn()];
    await actsAt(0, { rows, label, say }).name(keys, 4);
    expect(label.mock.calls).toEqual([["relabel", { rows: [1, 5], added: [] }, 4]]);
    expect(say.mock.calls).toEqual([
      [
        "2 cells given another class. Press z to undo. 3 that had been rejected or named already were left as they are.",
      ],
    ]);
  });
  it("are none where all have been reviewed", async () => {
    const [label, say] = [vi.fn<Setting["label"]>(async () => true), vi.fn()];
    await actsAt(0, { rows: rows.slice(1, 4), label, say }).name(keys, 4);
    expect([label.mock.calls, say.mock.calls]).toEqual([[], [["Every cell on screen has been reviewed."]]]);
  });
  it("may be any where they were chosen one by one", async () => {
    const label = vi.fn<Setting["label"]>(async () => true);
    await actsAt(0, { rows, label }).give(new Set([keyOf(cell(2))]), 4);
    expect(label.mock.calls).toEqual([["relabel", { rows: [2], added: [] }, 4]]);
  });
});
