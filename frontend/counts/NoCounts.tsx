import { t } from "../shared/catalogue";
import { whyNoCounts } from "./none";

/** What went wrong with the counts, and the ways to try again. */
export interface CountsTrouble {
  job: Parameters<typeof whyNoCounts>[0];
  /** Why the counts could not be read; empty where they could, or are still awaited. */
  problem: string;
  onRead(): void;
  /** Run a failed analysis again; null for who may not. */
  onRetry: (() => void) | null;
}

/** Whether something failed, rather than being awaited. */
export function hasFailed({ job, problem }: Pick<CountsTrouble, "job" | "problem">): boolean {
  return problem !== "" || job?.state === "failed";
}

/** Why there are no counts, and what can be done about it. */
export function NoCounts({ job, problem, onRead, onRetry }: CountsTrouble) {
  const again = problem ? onRead : job?.state === "failed" ? onRetry : null;
  return (
    <>
      <span>{problem ? t("The counts could not be loaded: {reason}", { reason: problem }) : whyNoCounts(job)}</span>{" "}
      {again && (
        <button type="button" onClick={() => again()}>
          {t("Try again")}
        </button>
      )}
    </>
  );
}
