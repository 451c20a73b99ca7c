import { ExportMenu } from "../shared/ExportMenu";
import { dayTime, JOB_STATES, number, numberOf } from "../shared/format";
import type { Analysis, Job } from "../shared/types";

interface Props {
  jobs: Analysis[];
  accession: string;
  may: boolean;
  signed: boolean;
  onReport(job: Job): void;
}

/** Every analysis of a slide: who ordered it when, by which protocol, how far people have looked at it, which is reported. */
export function Analyses({ jobs, accession, may, signed, onReport }: Props) {
  if (!jobs.length) return null;
  return (
    <table className="analyses">
      <caption>Analyses of this slide</caption>
      <thead>
        <tr>
          <th>Examination</th>
          <th>Protocol</th>
          <th>Ordered</th>
          <th>Cells</th>
          <th>Reviewed</th>
          <th>Reported</th>
          <th>Files</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            <td>{job.assay_title}</td>
            <td>
              {job.protocol_title}, version {job.protocol_version}
            </td>
            <td>
              {dayTime(job.requested_at)}
              {job.requested_by && `, ${job.requested_by}`}
            </td>
            <td>{job.reviewable ? number.format(job.cells) : JOB_STATES[job.state]}</td>
            <td>{job.reviewable ? numberOf(job.labels, "cell") : "–"}</td>
            <td>
              {job.reported && <b>reported</b>}
              {!job.reported && job.reviewable && may && (
                <button type="button" onClick={() => onReport(job)} title={carries(job)}>
                  Report this analysis
                </button>
              )}
              {!job.reported && job.reviewable && <Compare job={job} jobs={jobs} accession={accession} />}
            </td>
            <td>
              {job.reviewable && job.assay === "fetal_nrbc" && (
                <a className="button" href={`/cases/${accession}/picking/${job.id}/`}>
                  Picking
                </a>
              )}
              {job.reviewable && (
                <ExportMenu of={`jobs/${job.id}`} what={`the analysis ${job.protocol_title}`} signed={signed} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Compare({ job, jobs, accession }: { job: Analysis; jobs: Analysis[]; accession: string }) {
  const reported = jobs.find((j) => j.reported && j.assay === job.assay);
  if (!reported) return null;
  return (
    <a className="button" href={`/cases/${accession}/compare/${reported.id}/${job.id}/`}>
      Compare
    </a>
  );
}

function carries(job: Analysis): string {
  const n = job.labels_at_stake;
  return n ? `${n} ${n === 1 ? "label" : "labels"} of the reported analysis will be carried over` : "";
}
