/** Adding a cell that the machine missed: a place first, then its class, then it counts. */

import { useCallback, useEffect, useState } from "react";
import type { CellName } from "../gallery/keyof";
import { t } from "../shared/catalogue";
import type { AddedCell, Region, Schema, Slide } from "../shared/types";
import type { CellStore } from "../viewer/cellstore";
import { type CellAtPlace, cellAt, uponText } from "./cellatplace";
import type { Labels } from "./labels";
import { placeCounts } from "./opening";

/** Side of the box of an added cell where nobody draws one. */
const SIDE_UM = 12;
const SIDE_PX = 48;

export interface AddingPlace {
  x: number;
  y: number;
  side_px: number;
  screen: readonly [number, number];
  nucleated_only: boolean;
  /** The box reaches over the edge of the picture. */
  cut: boolean;
  /** The cell that lies there already, until it is said what to do about it. */
  existing: CellAtPlace | null;
  /** The cell that gets the class in place of a new one. */
  names: CellAtPlace | null;
}

interface Setting {
  slide: Slide | null;
  regions: readonly Region[];
  schema: Schema;
  mpp: number | null;
  refusal: string;
  store: CellStore;
  labels: Labels;
  /** Something else takes the clicks, or the slide is out of sight: nothing is being added. */
  elsewhere: boolean;
  /** Null where it was refused; `cell` is null until the server has it. */
  addCell(x: number, y: number, side_px: number, cls: number): Promise<{ cell: AddedCell | null } | null>;
  nameCell(cell: CellName, cls: number): Promise<boolean>;
  onNamed(cell: CellName): void;
  say(text: string): void;
}

/** What a class key, Enter or Backspace answers while a place is asked for: it must not change another cell unseen. */
export const PLACE_FIRST = t("Click the missed cell first, then give its class. Esc stops adding.");

export function useAdding(setting: Setting) {
  const { slide, regions, schema, mpp, refusal, store, labels, elsewhere } = setting;
  const { addCell, nameCell, onNamed, say } = setting;
  const [on, setOn] = useState(false);
  const [refused, setRefused] = useState("");
  const [place, setPlace] = useState<AddingPlace | null>(null);

  const cancel = useCallback(() => {
    setOn(false);
    setPlace(null);
    setRefused("");
  }, []);
  useEffect(() => {
    if (elsewhere) cancel();
  }, [elsewhere, cancel]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a place lies on one slide only
  useEffect(cancel, [slide?.id]);
  const begin = useCallback(() => {
    if (refusal) {
      say(refusal);
      return false;
    }
    setOn(true);
    return true;
  }, [refusal, say]);
  const put = (x: number, y: number, screen: readonly [number, number]) => {
    if (!slide) return;
    const side_px = mpp ? Math.round(SIDE_UM / mpp) : SIDE_PX;
    const { refusal: why, nucleated_only, cut } = placeCounts(slide, regions, x, y, side_px);
    setRefused(why);
    if (why) {
      setPlace(null);
      say(why);
      return;
    }
    const existing = cellAt(store, labels, schema, x, y);
    setPlace({ x, y, side_px, screen, nucleated_only, cut, existing, names: null });
  };
  const second = useCallback(() => setPlace((p) => p && { ...p, existing: null }), []);
  const nameThere = useCallback(
    () => setPlace((p) => p && { ...p, existing: null, names: p.existing, nucleated_only: false, cut: false }),
    [],
  );
  const pick = useCallback(
    async (cls: number) => {
      cancel();
      if (!place) return;
      const name = schema.classes[cls]?.name ?? "";
      if (place.names) {
        if (!(await nameCell(place.names.cell, cls))) return;
        say(t("The cell that was there is called {name} now. Press z to undo.", { name }));
        onNamed(place.names.cell);
        return;
      }
      const answer = await addCell(place.x, place.y, place.side_px, cls);
      if (!answer) return;
      const beside = answer.cell?.upon ? uponText(answer.cell, labels, schema) : "";
      say(
        beside
          ? t("{name} added. {beside} Press z to undo.", { name, beside })
          : t("{name} added. Press z to undo.", { name }),
      );
    },
    [place, cancel, addCell, nameCell, onNamed, say, schema, labels],
  );
  return { on, refused, place, cancel, begin, put, second, nameThere, pick };
}
