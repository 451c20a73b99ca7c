/** The scale bar: a round length in µm that fits. */

import { number } from "../shared/format";

const STEPS = [1, 2, 5];

/** The longest round length (µm) of at most `most_px` screen px, and its width in px. */
export function scaleBar(um_per_px: number, most_px: number): { um: number; px: number } {
  const most_um = um_per_px * most_px;
  const decade = 10 ** Math.floor(Math.log10(most_um));
  const step = [...STEPS].reverse().find((s) => s * decade <= most_um) ?? 1;
  const um = step * decade;
  return { um, px: um / um_per_px };
}

export function lengthText(um: number): string {
  return um >= 1000 ? `${number.format(um / 1000)} mm` : `${number.format(um)} µm`;
}

/** ×40 shows 0.25 µm a screen px, as a 40× objective on a common camera does. */
export function umPerPx(objective: number): number {
  return 10 / objective;
}
