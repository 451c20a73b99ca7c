/** Which focal plane of a slide is shown: the analysed one until the reader chooses another. */

import { useMemo, useState } from "react";
import type { TileAccess } from "../shared/types";
import { accessOf, analysedOf, besideOf, type Plane } from "./planes";

export interface FocalPlane {
  planes: readonly Plane[];
  current: number;
  /** The access to its tiles. */
  tiles: TileAccess | null;
  show(number: number): void;
  step(by: number): void;
}

const NONE: readonly Plane[] = [];

export function useFocalPlane(access: TileAccess | null): FocalPlane {
  const [choice, show] = useState<number | null>(null);
  const planes = access?.planes ?? NONE;
  const current = choice ?? analysedOf(planes)?.number ?? 1;
  const tiles = useMemo(() => access && accessOf(access, choice), [access, choice]);
  return { planes, current, tiles, show, step: (by) => show(besideOf(planes, current, by)) };
}
