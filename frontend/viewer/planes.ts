/** Focal planes of a slide: which one is shown, and how deep it lies; no DOM. */

import { t } from "../shared/catalogue";
import { number } from "../shared/format";
import type { TileAccess } from "../shared/types";

export type Plane = TileAccess["planes"][number];

/** The plane that cells and counts are of. */
export function analysedOf(planes: readonly Plane[]): Plane | null {
  return planes.find((plane) => plane.analysed) ?? null;
}

/** The plane beside another one, by `step`; the same where there is none, or where its file cannot be read. */
export function besideOf(planes: readonly Plane[], from: number, step: number): number {
  const readable = planes.filter((plane) => plane.base);
  const at = readable.findIndex((plane) => plane.number === from);
  return readable[at + step]?.number ?? from;
}

/** Tiles of a plane under the same access; those of the analysed plane where there is no such one. */
export function accessOf(access: TileAccess, wish: number | null): TileAccess {
  const plane = access.planes.find((one) => one.number === wish && one.base);
  return plane ? { ...access, base: plane.base } : access;
}

/** +1.5 µm from the analysed plane; empty where the file does not say, or nothing lies between. */
export function depthText(plane: Plane, analysed: Plane | null): string {
  if (plane.depth_um === null || analysed?.depth_um == null || plane === analysed) return "";
  const um = plane.depth_um - analysed.depth_um;
  return t("{depth} µm", { depth: `${um > 0 ? "+" : "−"}${number.format(Math.abs(um))}` });
}
