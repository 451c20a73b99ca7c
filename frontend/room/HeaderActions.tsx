import { plural, t } from "../shared/catalogue";
import { ExportMenu } from "../shared/ExportMenu";
import type { Analysis, Room } from "../shared/types";
import type { Open } from "./RoomDialogs";
import type { useOrders } from "./useorders";
import type { RoomView } from "./useroomview";

interface JobActionsProps {
  data: Room;
  view: RoomView;
  orders: ReturnType<typeof useOrders>;
  active: boolean;
}

/** What may be done with the analysis that is shown. */
export function JobActions({ data, view, orders, active }: JobActionsProps) {
  const { slide, job } = view;
  const rights = data.me.rights;
  const mayOrder = rights.includes("annotate") && !data.case.locked && slide !== null && !active;
  const first = data.protocols.find((p) => p.specimen === slide?.specimen);
  return (
    <>
      {active && rights.includes("annotate") && (
        <button type="button" onClick={() => void orders.cancel()}>
          {t("Cancel analysis")}
        </button>
      )}
      {job && !active && (job.state === "failed" || (job.state === "cancelled" && !job.reviewable)) && mayOrder && (
        <button type="button" onClick={() => void orders.retry()}>
          {t("Retry")}
        </button>
      )}
      {job?.reviewable && !job.reported && rights.includes("review") && !data.case.locked && (
        <button type="button" onClick={() => void orders.report()} title={stake(job)}>
          {t("Report this analysis")}
        </button>
      )}
      {job?.reviewable && <ExportMenu of={`jobs/${job.id}`} what={t("this analysis")} signed={data.case.locked} />}
      {mayOrder && !job && first && (
        <button
          type="button"
          className="primary"
          title={t("By the protocol {protocol}", { protocol: first.title })}
          onClick={() => void orders.order(first.name)}
        >
          {t("Analyse")}
        </button>
      )}
    </>
  );
}

/** The signed report while the case is signed, else the draft of the next. */
export function ReportLink({ data }: { data: Room }) {
  const report = data.reports[0];
  if (report && data.case.locked)
    return (
      <a className="button" href={report.pdf_url ?? report.html_url} target="_blank" rel="noreferrer">
        {t("Report v{version}", { version: String(report.version) })}
      </a>
    );
  return (
    <a className="button" href={`/cases/${data.case.accession}/report/`} target="_blank" rel="noreferrer">
      {t("Draft")}
    </a>
  );
}

interface CaseActionsProps {
  data: Room;
  reviewable: boolean;
  onDialog(open: Open): void;
}

/** What may be done with the case. */
export function CaseActions({ data, reviewable, onDialog }: CaseActionsProps) {
  const { rights } = data.me;
  const { locked } = data.case;
  return (
    <>
      {rights.includes("annotate") && !locked && (
        <button type="button" onClick={() => onDialog("comment")}>
          {t("Comment")}
        </button>
      )}
      {rights.includes("sign") && !locked && (
        <button type="button" className="primary" onClick={() => onDialog("sign")} disabled={!reviewable}>
          {t("Sign…")}
        </button>
      )}
      {rights.includes("sign") && locked && (
        <button type="button" onClick={() => onDialog("amend")}>
          {t("Amend…")}
        </button>
      )}
    </>
  );
}

function stake(job: Analysis): string {
  const n = job.labels_at_stake;
  if (!n) return t("The report will use this analysis instead of the other one");
  return plural(
    n,
    "The report will use this analysis; {n} label is carried over from the other one",
    "The report will use this analysis; {n} labels are carried over from the other one",
  );
}
