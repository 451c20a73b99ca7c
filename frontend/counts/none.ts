/** Why there are no counts yet, or none at all. */

import { t } from "../shared/catalogue";
import type { Job } from "../shared/types";

export function whyNoCounts(job: Pick<Job, "state" | "reviewable"> | null): string {
  if (job?.reviewable) return t("Counts are loading…");
  if (job?.state === "failed") return t("The analysis failed: there are no counts.");
  if (job?.state === "cancelled") return t("The analysis was cancelled: there are no counts.");
  return t("Counts appear when the analysis is complete.");
}
