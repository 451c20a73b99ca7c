/** Which cells stand side by side, and against typical cells of which class. */

import { useCallback, useMemo, useState } from "react";
import { keyOf } from "../gallery/keyof";
import type { Card, GalleryRow } from "../shared/types";

export interface Compared {
  /** At most two. */
  cells: GalleryRow[];
  more: number;
  cls: number | null;
  setCls(cls: number): void;
  /** The class that the cell may be next, by the machine's probabilities; false where no cell is chosen. */
  nextClass(): boolean;
}

export function useCompare(rows: readonly GalleryRow[], selection: ReadonlySet<string>, card: Card | null): Compared {
  const cells = useMemo(() => sideBySide(rows, selection), [rows, selection]);
  const key = cells.map(keyOf).join();
  // A class that was asked for stays until another cell is chosen.
  const [wish, setWish] = useState<{ of: string; cls: number } | null>(null);
  const own = cells[cells.length - 1];
  const label = own ? (own.label !== null && own.label >= 0 ? own.label : own.class) : null;
  const cls = wish?.of === key ? wish.cls : label;
  const setCls = useCallback((value: number) => setWish({ of: key, cls: value }), [key]);
  const likely = own && card?.row === own.row ? card.probabilities : null;
  const nextClass = useCallback(() => {
    const next = nextLikely(likely?.map((p) => p.class) ?? [], cls);
    if (next !== null) setCls(next);
    return next !== null;
  }, [likely, cls, setCls]);
  return { cells, more: selection.size - cells.length, cls, setCls, nextClass };
}

/** The two newest of the chosen cells, in the order they were chosen in. */
export function sideBySide(rows: readonly GalleryRow[], selection: ReadonlySet<string>): GalleryRow[] {
  const lastTwo = [...selection].slice(-2);
  return lastTwo.flatMap((key) => rows.find((r) => keyOf(r) === key) ?? []);
}

/** The class after `cls` in the order of likelihood, the first after the last; null where there is no other. */
export function nextLikely(likely: readonly number[], cls: number | null): number | null {
  if (!likely.length) return null;
  const place = cls === null ? -1 : likely.indexOf(cls);
  return likely[(place + 1) % likely.length] ?? null;
}
