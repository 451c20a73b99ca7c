/** Which focal plane of a slide is shown: the analysed one until the reader chooses another. */

import { useMemo, useState } from "react";
import type { TileAccess } from "../shared/types";
import { accessOf, analysedOf, besideOf, type Plane } from "./planes";

export interface FocalPlane {
  planes: readonly Plane[];
  shown: number;
  /** The access to its tiles. */
  tiles: TileAccess | null;
  show(number: number): void;
  step(by: number): void;
}

const NONE: readonly Plane[] = [];

export function useFocalPlane(access: TileAccess | null): FocalPlane {
  const [chosen, show] = useState<number | null>(null);
  const planes = access?.planes ?? NONE;
  const shown = chosen ?? analysedOf(planes)?.number ?? 1;
  const tiles = useMemo(() => access && accessOf(access, chosen), [access, chosen]);
  return { planes, shown, tiles, show, step: (by) => show(besideOf(planes, shown, by)) };
}
