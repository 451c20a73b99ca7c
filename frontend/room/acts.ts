/** What people do to the cells of the list that is shown: choose, go on, label. */

import { useCallback, useMemo, useState } from "react";
import { type CellName, keyOf } from "../gallery/keyof";
import { plural, t } from "../shared/catalogue";
import type { GalleryRow } from "../shared/types";
import type { HowLabelled, LabelAction, Targets } from "./outbox";

interface Setting {
  rows: GalleryRow[];
  label: (action: LabelAction, targets: Targets, cls: number | null, how?: HowLabelled) => Promise<boolean>;
  /** Why nothing may be labelled; empty where it may. */
  refusal: string;
  /** The cell of the card, which may be in no list. */
  selected: CellName | null;
  onSelect: (cell: CellName | null) => void;
  goTo: (row: GalleryRow | null) => void;
  say: (text: string) => void;
  /** The list holds cells of several classes: those that must be seen are confirmed one at a time. */
  mixed: boolean;
}

/** What was done to how many cells, and how to take it back. */
export function doneText(action: LabelAction, n: number): string {
  switch (action) {
    case "confirm":
      return plural(n, "{n} cell confirmed. Press z to undo.", "{n} cells confirmed. Press z to undo.");
    case "relabel":
      return plural(
        n,
        "{n} cell given another class. Press z to undo.",
        "{n} cells given another class. Press z to undo.",
      );
    case "reject":
      return plural(n, "{n} cell rejected. Press z to undo.", "{n} cells rejected. Press z to undo.");
    case "clear":
      return plural(n, "{n} cell cleared. Press z to undo.", "{n} cells cleared. Press z to undo.");
  }
}

export function useActs({ rows, label, refusal, selected, onSelect, goTo, say, mixed }: Setting) {
  // By key: a cell that changes its class may change its place in the list.
  const [currentKey, setCurrentKey] = useState<string | null>(null);
  const current = useMemo(() => rows.findIndex((r) => keyOf(r) === currentKey), [rows, currentKey]);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());

  const choose = useCallback(
    (index: number, how: "one" | "add" | "range") => {
      const row = rows[index];
      if (!row) return;
      setSelection((before) => {
        if (how === "one") return new Set([keyOf(row)]);
        const next = new Set(before);
        if (how === "add") {
          if (!next.delete(keyOf(row))) next.add(keyOf(row));
          return next;
        }
        const from = current < 0 ? index : current;
        for (const between of rows.slice(Math.min(from, index), Math.max(from, index) + 1)) next.add(keyOf(between));
        return next;
      });
      setCurrentKey(keyOf(row));
      onSelect(row);
    },
    [rows, current, onSelect],
  );

  const following = useCallback(
    (most: number) => {
      const n = rows.length;
      for (let step = 1; step <= most; step++) {
        const index = (Math.max(-1, current) + step) % n;
        if (rows[index]?.state === "") {
          choose(index, "one");
          goTo(rows[index] ?? null);
          return;
        }
      }
      say(n ? t("Every cell of this list has been reviewed.") : t("This list is empty."));
    },
    [rows, current, choose, goTo, say],
  );
  const next = useCallback(() => following(rows.length), [following, rows.length]);

  const act = useCallback(
    async (action: LabelAction, cls: number | null = null) => {
      if (refusal) {
        say(refusal);
        return;
      }
      const cells = rows.filter((r) => selection.has(keyOf(r)));
      const sharedClass = mixed ? null : classOf(cells);
      const heap = action === "confirm" && sharedClass === null ? heapOf(cells) : cells;
      const nOthers = cells.length - heap.length;
      if (nOthers && !heap.length) {
        say(ONE_AT_A_TIME);
        return;
      }
      const targets = targetsOf(heap);
      if (!targets.rows.length && !targets.added.length && selected) {
        if (selected.row !== null) targets.rows.push(selected.row);
        else if (selected.added !== null) targets.added.push(selected.added);
      }
      const n = targets.rows.length + targets.added.length;
      if (!n) {
        say(t("Choose a cell first: Space goes to the next one."));
        return;
      }
      const answer = label(action, targets, cls, { shown: action === "confirm" ? sharedClass : null });
      // Whoever types ahead of the server means the following cell. The list in hand does not say yet that this one has been seen.
      if (n === 1 && !nOthers && current >= 0) following(rows.length - 1);
      if (!(await answer)) return;
      if (nOthers) say(`${doneText(action, n)} ${leftText(nOthers)}`);
      else if (n > 1) say(doneText(action, n));
    },
    [refusal, rows, selection, selected, label, current, following, say, mixed],
  );

  /** Give the given cells another class, wherever the keys stand. */
  const give = useCallback(
    async (keys: ReadonlySet<string>, cls: number) => {
      const targets = targetsOf(rows.filter((r) => keys.has(keyOf(r))));
      const n = targets.rows.length + targets.added.length;
      if (refusal) say(refusal);
      else if (n && (await label("relabel", targets, cls))) say(doneText("relabel", n));
    },
    [refusal, rows, label, say],
  );

  /** Give those of the given cells that are open a class: what people said of the others stands. */
  const name = useCallback(
    async (keys: ReadonlySet<string>, cls: number) => {
      const cells = rows.filter((r) => keys.has(keyOf(r)));
      const open = cells.filter((r) => r.state === "");
      const nLeft = cells.length - open.length;
      if (refusal) say(refusal);
      else if (!open.length) say(t("Every cell on screen has been reviewed."));
      else if (await label("relabel", targetsOf(open), cls))
        say([doneText("relabel", open.length), nLeft && leftAsTheyAre(nLeft)].filter(Boolean).join(" "));
    },
    [refusal, rows, label, say],
  );

  /** Confirm those of the given cells that are open. */
  const confirm = useCallback(
    async (keys: ReadonlySet<string>) => {
      const open = rows.filter((r) => r.state === "" && keys.has(keyOf(r)));
      const sharedClass = mixed ? null : classOf(open);
      const heap = sharedClass === null ? heapOf(open) : open;
      const nOthers = open.length - heap.length;
      const targets = targetsOf(heap);
      const n = targets.rows.length + targets.added.length;
      if (!n) say(nOthers ? ONE_AT_A_TIME : t("Every cell on screen has been reviewed."));
      else if (await label("confirm", targets, null, { shown: sharedClass }))
        say(nOthers ? `${doneText("confirm", n)} ${leftText(nOthers)}` : doneText("confirm", n));
    },
    [rows, label, say, mixed],
  );

  return { current, setCurrentKey, selection, setSelection, choose, next, act, give, name, confirm };
}

const ONE_AT_A_TIME = t("Cells that must be seen are confirmed one at a time: press Space, look, press Enter.");

function leftText(n: number): string {
  return plural(n, "One that must be seen was left open.", "{n} that must be seen were left open.");
}

function leftAsTheyAre(n: number): string {
  return plural(
    n,
    "One that had been rejected or named already was left as it is.",
    "{n} that had been rejected or named already were left as they are.",
  );
}

/** The class that all of the cells have; null where they have none in common. */
export function classOf(cells: GalleryRow[]): number | null {
  const classes = new Set(cells.map((r) => r.label ?? r.class));
  return classes.size === 1 ? ([...classes][0] ?? null) : null;
}

/** What may be confirmed in a heap: of several cells none that must be seen, a single one whichever it is. */
export function heapOf(cells: GalleryRow[]): GalleryRow[] {
  return cells.length > 1 ? cells.filter((r) => !r.must_see || r.state !== "") : cells;
}

function targetsOf(rows: GalleryRow[]): Targets {
  return {
    rows: rows.flatMap((r) => (r.row === null ? [] : [r.row])),
    added: rows.flatMap((r) => (r.added === null ? [] : [r.added])),
  };
}
