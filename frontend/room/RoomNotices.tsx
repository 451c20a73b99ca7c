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
}

/** What stands over the slide until it is settled: another reported analysis, a lost connection, labels to decide on. */
export function RoomNotices({ data, desk }: Props) {
  const { opened, session, carried, replaced } = desk;
  const { slide, job, schema } = opened;
  const removed = useRemoved(data, slide);
  const opening = removed || (opened.by_itself ? openingNote(data, slide) : "");
  return (
    <div className="notices">
      {replaced && <ReportedBar {...replaced} onOpen={opened.openJob} />}
      <Notices opening={opening} waiting={session.edits.waiting.length} />
      {job?.reviewable && (
        <WaitingLabels
          jobId={job.id}
          schema={schema}
          may={desk.refusal === ""}
          waiting={carried.waiting}
          asked={carried.asked}
          onShow={desk.showCarried}
        />
      )}
    </div>
  );
}
