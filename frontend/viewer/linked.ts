/** Two slides that are moved together: where one stands when the other moves; no DOM. */

import type { Place } from "./lens";

/** A slide's µm/px, and how far it lies from the other one, µm. */
export type Offset = readonly [number, number];

/** How far a place of one slide lies from a place of another, µm. */
export function offsetOf(from: Place, to: Place, from_mpp: number, to_mpp: number): Offset {
  return [to.x * to_mpp - from.x * from_mpp, to.y * to_mpp - from.y * from_mpp];
}

/** Where the other slide stands: the same magnification, angle and mirror, at the offset. */
export function followed(place: Place, from_mpp: number, to_mpp: number, offset: Offset): Place {
  return {
    ...place,
    x: (place.x * from_mpp + offset[0]) / to_mpp,
    y: (place.y * from_mpp + offset[1]) / to_mpp,
  };
}
