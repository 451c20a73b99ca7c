/** A scale bar of a round length in 1-2-5 steps. */

export interface ScaleBar {
  widthPx: number;
  label: string;
}

/** The largest 1, 2 or 5 × 10ⁿ not above `value`. */
export function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = value / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}

/**
 * The bar for a view. `screenPerPx` is css px per level-0 px, `mpp` µm per level-0 px or null where unknown:
 * then the bar is in px of the slide, and says so.
 */
export function scaleBar(screenPerPx: number, mpp: number | null, maxWidthPx = 140): ScaleBar {
  const unitPerScreenPx = (mpp ?? 1) / screenPerPx;
  const length = roundStep(maxWidthPx * unitPerScreenPx);
  const widthPx = length / unitPerScreenPx;
  if (mpp === null) return { widthPx, label: `${trim(length)} px` };
  if (length >= 1000) return { widthPx, label: `${trim(length / 1000)} mm` };
  return { widthPx, label: `${trim(length)} µm` };
}

function trim(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

export const OBJECTIVES = [5, 10, 20, 40, 63, 100] as const;

/** Css px per level-0 px at which the screen shows what an objective does: ×40 is 0.25 µm on a css px, ×20 is 0.5. */
export function objectiveScale(objective: number, mpp: number): number {
  return (mpp * objective) / 10;
}

/** The objective a scale stands for, such as 37.5; null where µm/px is unknown. */
export function objectiveOf(screenPerPx: number, mpp: number | null): number | null {
  return mpp === null ? null : (screenPerPx * 10) / mpp;
}
