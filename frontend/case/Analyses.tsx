import { plural, t } from "../shared/catalogue";
import { ExportMenu } from "../shared/ExportMenu";
import { analysisName, dayTime, JOB_STATES, number, seconds } from "../shared/format";
import type { Analysis, Job } from "../shared/types";

interface Props {
  jobs: Analysis[];
  accession: string;
  may: boolean;
  signed: boolean;
  onReport(job: Job): void;
}

/** Every analysis of a slide: who ordered it when, by which protocol, how long it took, how far people have looked at it, which is reported. */
export function Analyses({ jobs, accession, may, signed, onReport }: Props) {
  if (!jobs.length) return null;
  return (
    <table className="analyses">
      <caption>{t("Analyses of this slide")}</caption>
      <thead>
        <tr>
          <th>{t("Examination")}</th>
          <th>{t("Protocol")}</th>
          <th>{t("Ordered")}</th>
          <th>{t("Time taken")}</th>
          <th>{t("Cells")}</th>
          <th>{t("Reviewed")}</th>
          <th>{t("Reported")}</th>
          <th>{t("Files")}</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            <td>{job.assay_title}</td>
            <td>
              {t("{protocol}, version {version}", {
                protocol: job.protocol_title,
                version: String(job.protocol_version),
              })}
            </td>
            <td>
              {dayTime(job.requested_at)}
              {job.requested_by && `, ${job.requested_by}`}
            </td>
            <td>{job.reviewable ? seconds(job.duration_s) : "–"}</td>
            <td>{job.reviewable ? number.format(job.cells) : JOB_STATES[job.state]}</td>
            <td>{job.reviewable ? plural(job.labels, "{n} cell", "{n} cells") : "–"}</td>
            <td>
              {job.reported && <b>{t("reported")}</b>}
              {!job.reported && job.reviewable && may && (
                <button type="button" onClick={() => onReport(job)} title={carries(job)}>
                  {t("Report this analysis")}
                </button>
              )}
              {!job.reported && job.reviewable && <Compare job={job} jobs={jobs} accession={accession} />}
            </td>
            <td>
              {job.reviewable && job.assay === "fetal_nrbc" && (
                <a className="button" href={`/cases/${accession}/picking/${job.id}/`}>
                  {t("Picking")}
                </a>
              )}
              {job.reviewable && (
                <ExportMenu
                  of={`jobs/${job.id}`}
                  what={t("the analysis {protocol_title}", { protocol_title: job.protocol_title })}
                  signed={signed}
                />
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
    <a
      className="button"
      href={`/cases/${accession}/compare/${reported.id}/${job.id}/`}
      title={t("Compare with the reported analysis, {analysis}", { analysis: analysisName(reported) })}
    >
      {t("Compare")}
    </a>
  );
}

function carries(job: Analysis): string {
  const n = job.labels_at_stake;
  return n
    ? plural(
        n,
        "{n} label of the reported analysis will be carried over",
        "{n} labels of the reported analysis will be carried over",
      )
    : "";
}
