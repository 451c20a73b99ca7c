/** What of several slides or focal planes of a file comes in, as a person chose it. */

import type { UploadContents } from "../shared/types";

/** All as fields of one slide, each as a slide of its own, or one by its number. */
export type Which = "together" | "each" | number;
/** Focal plane; 0 is the sharpest, as in the API. */
export const SHARPEST = 0;

export interface Choice {
  which: Which;
  plane: number;
}

/** Photographs of a set hold one picture each; a single file or DICOM may hold several slides. */
export function mayHoldSeveral(names: readonly string[]): boolean {
  return names.length === 1 || names.some((name) => /\.dcm$/i.test(name) || !name.includes("."));
}

export function isChoice(contents: UploadContents): boolean {
  return contents.series.length > 1 || contents.focal_planes > 1;
}

/** What stands chosen when a person has not touched it: what the import does by itself, else the first slide. */
export function usual(contents: UploadContents): Choice {
  const first = contents.series[0]?.number ?? 1;
  return { which: contents.together || contents.series.length < 2 ? "together" : first, plane: SHARPEST };
}

/** The fields of the import's request; "each" has a request of its own. */
export function importFields(choice: Choice, contents: UploadContents): { series?: number; plane?: number } {
  const series = typeof choice.which === "number" ? { series: choice.which } : {};
  return { ...series, ...(contents.focal_planes > 1 && choice.plane !== SHARPEST ? { plane: choice.plane } : {}) };
}
