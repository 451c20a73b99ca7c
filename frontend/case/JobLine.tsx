import { plural, t } from "../shared/catalogue";
import { JOB_STATES, seconds } from "../shared/format";
import type { Job } from "../shared/types";

interface Props {
  job: Job;
  /** Null where this person may not. */
  onCancel: (() => void) | null;
}

/** How far an analysis is, or what came of it. */
export function JobLine({ job, onCancel }: Props) {
  const cancel = onCancel && (
    <button type="button" onClick={onCancel}>
      {t("Cancel analysis")}
    </button>
  );
  if (job.state === "running")
    return (
      <p>
        {job.protocol_title}: <progress max={100} value={job.percent} aria-label={t("Analysis")} /> {progressText(job)}{" "}
        {cancel}
      </p>
    );
  if (job.state === "requested" || job.state === "queued")
    return (
      <p>
        {t("{protocol} is waiting to start.", { protocol: job.protocol_title })} {cancel}
      </p>
    );
  if (job.state === "failed")
    return <p className="error">{t("Failed: {reason} {advice}", { reason: job.reason, advice: job.advice })}</p>;
  return (
    <>
      <p className="facts">
        {job.protocol_title}: {endText(job)}
      </p>
      {[...job.guards.map((g) => g.sentence), ...job.notes].map((note) => (
        <p key={note} className="warn note">
          {note}
        </p>
      ))}
    </>
  );
}

/** 61 %, field 12 of 20, 1,204 cells, 40 s left. */
function progressText(job: Job): string {
  const where =
    job.fields_total > 0 ? t("field {done} of {total}", { done: job.fields_done, total: job.fields_total }) : job.phase;
  const cells = job.fields_total > 0 ? plural(job.cells, "{n} cell", "{n} cells") : "";
  const eta = job.eta_s !== null ? t("{seconds} left", { seconds: seconds(job.eta_s) }) : "";
  return [t("{percent} %", { percent: Math.round(job.percent) }), where, cells, eta].filter(Boolean).join(", ");
}

function endText(job: Job): string {
  const state = JOB_STATES[job.state] ?? job.state;
  const cells = plural(job.cells, "{n} cell", "{n} cells");
  const fields = plural(job.fields_done, "{cells} in {n} field", "{cells} in {n} fields", { cells });
  return [job.partial ? t("{state} (partial)", { state }) : state, fields, seconds(job.duration_s)].join(", ");
}
