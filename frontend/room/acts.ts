/** What people do to the cells of the list that is shown: choose, go on, label. */

import { useCallback, useState } from "react";
import { keyOf } from "../gallery/Gallery";
import type { GalleryRow } from "../shared/types";
import type { LabelAction, Targets } from "./session";

interface Setting {
  rows: GalleryRow[];
  label: (action: LabelAction, targets: Targets, cls: number | null) => Promise<boolean>;
  /** Why nothing may be labelled; empty where it may. */
  refusal: string;
  selectedRow: number | null;
  onSelect: (row: number | null) => void;
  goTo: (row: GalleryRow | null) => void;
  say: (text: string) => void;
}

export function useActs({ rows, label, refusal, selectedRow, onSelect, goTo, say }: Setting) {
  const [current, setCurrent] = useState(-1);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());

  const choose = useCallback(
    (index: number, how: "one" | "add" | "range") => {
      const row = rows[index];
      if (!row) return;
      setChosen((before) => {
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
      setCurrent(index);
      onSelect(row.row);
    },
    [rows, current, onSelect],
  );

  const next = useCallback(() => {
    const n = rows.length;
    for (let step = 1; step <= n; step++) {
      const index = (Math.max(-1, current) + step) % n;
      if (rows[index]?.state === "") {
        choose(index, "one");
        goTo(rows[index] ?? null);
        return;
      }
    }
    say(n ? "Every cell of this list has been seen." : "There is nothing in this list.");
  }, [rows, current, choose, goTo, say]);

  const act = useCallback(
    async (action: LabelAction, cls: number | null = null) => {
      if (refusal) {
        say(refusal);
        return;
      }
      const targets = targetsOf(rows.filter((r) => chosen.has(keyOf(r))));
      if (!targets.rows.length && !targets.added.length && selectedRow !== null) targets.rows.push(selectedRow);
      const n = targets.rows.length + targets.added.length;
      if (!n) {
        say("Choose a cell first: space goes to the next one.");
        return;
      }
      if ((await label(action, targets, cls)) && n === 1 && current >= 0) next();
    },
    [refusal, rows, chosen, selectedRow, label, current, next, say],
  );

  const confirmAll = useCallback(async () => {
    const open = rows.filter((r) => r.state === "");
    if (open.length) await label("confirm", targetsOf(open), null);
    else say("Every cell shown here has been seen.");
  }, [rows, label, say]);

  return { current, setCurrent, chosen, setChosen, choose, next, act, confirmAll };
}

function targetsOf(rows: GalleryRow[]): Targets {
  return {
    rows: rows.flatMap((r) => (r.row === null ? [] : [r.row])),
    added: rows.flatMap((r) => (r.added === null ? [] : [r.added])),
  };
}
