import { t } from "../shared/catalogue";
import { Notices } from "../shared/Notices";
import type { Room } from "../shared/types";
import { WaitingLabels } from "../shared/WaitingLabels";
import { openingNote } from "./opening";
import { ReportedBar } from "./ReportedBar";
import type { useDesk } from "./usedesk";
import { useRemoved } from "./useremoved";

interface Props {
  data: Room;
  desk: ReturnType<typeof useDesk>;
  /** Why nothing is read or saved any more; empty where it is. */
  ended: string;
}

/** What stands over the slide until it is settled: another reported analysis, a lost connection, labels to decide on. */
export function RoomNotices({ data, desk, ended }: Props) {
  const { view, session, carried, replaced } = desk;
  const { slide, job, schema } = view;
  const removed = useRemoved(data, slide);
  const opening = removed || (view.by_itself ? openingNote(data, slide) : "");
  return (
    <div className="notices">
      {ended && (
        <p className="notice lost" role="alert">
          <b>{ended}</b> <a href={location.pathname}>{t("Load the page again")}</a>
        </p>
      )}
      {replaced && <ReportedBar {...replaced} onOpen={view.openJob} />}
      <Notices opening={opening} waiting={session.edits.waiting.length} />
      {job?.reviewable && (
        <WaitingLabels
          jobId={job.id}
          schema={schema}
          may={desk.refusal === ""}
          waiting={carried.waiting}
          requests={carried.requests}
          onShow={desk.showCarried}
        />
      )}
    </div>
  );
}
