import { JOB_STATES, numberOf, seconds } from "../shared/format";
import type { Job } from "../shared/types";

/** How far an analysis is, or what came of it. */
export function JobLine({ job }: { job: Job }) {
  if (job.state === "running")
    return (
      <p>
        <progress max={100} value={job.percent} aria-label="Analysis" /> {Math.round(job.percent)} %
        {job.fields_total > 0
          ? `, field ${job.fields_done} of ${job.fields_total}, ${numberOf(job.cells, "cell")}`
          : `, ${job.phase}`}
        {job.eta_s !== null && `, ${seconds(job.eta_s)} left`}
      </p>
    );
  if (job.state === "requested" || job.state === "queued") return <p>Waiting to start.</p>;
  if (job.state === "failed")
    return (
      <p className="error">
        Failed: {job.reason} {job.advice}
      </p>
    );
  return (
    <>
      <p className="facts">
        {job.protocol_title}: {JOB_STATES[job.state]}
        {job.partial && " (partial)"}, {numberOf(job.cells, "cell")} in {job.fields_done}{" "}
        {job.fields_done === 1 ? "field" : "fields"}, {seconds(job.duration_s)}
      </p>
      {[...job.guards.map((g) => g.sentence), ...job.notes].map((note) => (
        <p key={note} className="warn note">
          {note}
        </p>
      ))}
    </>
  );
}
