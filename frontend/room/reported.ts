/** Which analysis of a slide stays open, and whether another one is reported in its place meanwhile; no DOM. */

import { t } from "../shared/catalogue";
import { dayTime } from "../shared/format";
import type { Analysis, Slide } from "../shared/types";

const ACTIVE: ReadonlySet<Analysis["state"]> = new Set(["requested", "queued", "running"]);

/** Who had an analysis reported, and when (ISO); empty where that is not known. */
export interface Choice {
  job: string;
  by: string;
  at: string;
}

type Analysed = Pick<Slide, "job" | "jobs">;

/**
 * The analysis that a slide shows: the one that a person asked for (`wish`), else the one that was open before (`open`) as long as
 * it has cells or is still at work, whatever others report meanwhile; else the one that the slide opens with.
 */
export function analysisOf(slide: Analysed, wish: string | undefined, open: string | undefined): Analysis | null {
  const of = (id: string | undefined) => slide.jobs?.find((job) => job.id === id);
  const before = of(open);
  return of(wish) ?? (before && (before.reviewable || ACTIVE.has(before.state)) ? before : (slide.job ?? null));
}

/** The analysis that is reported of what the open one examines. */
export function reportedOf(slide: Analysed | null, open: Analysis | null): Analysis | null {
  return slide?.jobs?.find((job) => job.reported && job.assay === open?.assay) ?? null;
}

/** What was reported when an analysis was opened, or since it was itself. */
export interface Stood {
  open: string | null;
  reported: string | null;
}

/** The same with what is reported now. */
export function stoodNow(before: Stood | null, open: string | null, reported: string | null): Stood {
  return before?.open === open && reported !== open ? before : { open, reported };
}

/** Whether another analysis than the open one has come to be reported since that was opened. */
export function isReplaced(stood: Stood, reported: string | null): boolean {
  return reported !== null && reported !== stood.open && reported !== stood.reported;
}

/** That another analysis is reported, by whom and since when as far as that is known. */
export function replacedText(choice: Choice | undefined): string {
  if (!choice?.at) return t("Another analysis is reported now.");
  const when = dayTime(choice.at);
  return choice.by
    ? t("Another analysis is reported now ({who}, {when}).", { who: choice.by, when })
    : t("Another analysis is reported now (since {when}).", { when });
}
