/** Adding a cell that the machine missed: a place first, then its class, then it counts. */

import { useCallback, useState } from "react";
import { t } from "../shared/catalogue";
import type { Region, Schema, Slide } from "../shared/types";
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
}

interface Setting {
  slide: Slide | null;
  regions: readonly Region[];
  schema: Schema;
  mpp: number | null;
  refusal: string;
  addCell(x: number, y: number, side_px: number, cls: number): Promise<boolean>;
  onAdded(): void;
  say(text: string): void;
}

export function useAdding(setting: Setting) {
  const { slide, regions, schema, mpp, refusal, addCell, onAdded, say } = setting;
  const [on, setOn] = useState(false);
  const [place, setPlace] = useState<AddingPlace | null>(null);

  const cancel = useCallback(() => {
    setOn(false);
    setPlace(null);
  }, []);
  const toggle = useCallback(() => {
    if (refusal) say(refusal);
    else if (on) cancel();
    else setOn(true);
  }, [refusal, on, cancel, say]);
  const put = (x: number, y: number, screen: readonly [number, number]) => {
    if (!slide) return;
    const { refusal: why, nucleated_only } = placeCounts(slide, regions, x, y);
    const side_px = mpp ? Math.round(SIDE_UM / mpp) : SIDE_PX;
    setPlace(why ? null : { x, y, side_px, screen, nucleated_only });
    if (why) say(why);
  };
  const pick = useCallback(
    async (cls: number) => {
      cancel();
      if (!place || !(await addCell(place.x, place.y, place.side_px, cls))) return;
      say(t("{name} added. Press z to undo.", { name: schema.classes[cls]?.name ?? "" }));
      onAdded();
    },
    [place, cancel, addCell, say, schema, onAdded],
  );
  return { on, place, cancel, toggle, put, pick };
}
