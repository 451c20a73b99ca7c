import { ClassList } from "../counts/ClassList";
import { CountsBar } from "../counts/CountsBar";
import { Surroundings } from "../gallery/Surroundings";
import type { Room as RoomData, TileAccess } from "../shared/types";
import { ChosenCard } from "./ChosenCard";
import { DifferentialPane } from "./DifferentialPane";
import { Header } from "./Header";
import { RoomDialogs } from "./RoomDialogs";
import { RoomNotices } from "./RoomNotices";
import { Side } from "./Side";
import { Stage } from "./Stage";
import { useDesk } from "./usedesk";

interface Props {
  data: RoomData;
  tiles: TileAccess | null;
  opens_with: string | null;
  /** Why nothing is read or saved any more; empty where it is. */
  ended: string;
}

/** The reading room: one case, one of its slides, its cells. */
export function Desk({ data, tiles, opens_with, ended }: Props) {
  const desk = useDesk(data, opens_with);
  const { view, session, acts, gallery, cellCard, tabled, marks, adding, viewer, goTo } = desk;
  const { slide, job, jobId, schema } = view;
  const { counts } = session;
  const canReview = desk.refusal === "";
  const waiting = session.edits.waiting.length;
  const trouble = {
    job,
    problem: session.countsProblem,
    onRead: () => void session.readLabels(),
    onRetry: desk.mayWrite ? () => void desk.orders.retry() : null,
  };

  return (
    <div className="room">
      <Header
        data={data}
        view={view}
        orders={desk.orders}
        onDialog={desk.setDialog}
        onDifferential={job?.reviewable ? desk.differential : null}
        tabled={tabled}
        onLink={() => void desk.copyLink()}
        onBeside={slide ? desk.sideBySide : null}
        paired={desk.beside.choice !== null}
      />
      <RoomNotices data={data} desk={desk} ended={ended} />
      <ClassList
        schema={schema}
        counts={counts}
        runningCounts={job && !job.reviewable ? session.runningCounts : null}
        trouble={trouble}
        marks={marks}
        selection={gallery.which}
        notes={desk.notes}
        onChoose={desk.openList}
      />
      {tabled && jobId && (
        <DifferentialPane
          groups={desk.groups}
          counts={counts}
          notes={desk.notes}
          jobId={jobId}
          schema={schema}
          acts={acts}
          canReview={canReview}
          menu={desk.menu}
          onMenu={desk.setMenu}
          onGo={(to) => {
            desk.setTabled(false);
            goTo(to);
          }}
          onTypical={desk.compared.setCls}
          onClose={desk.differential}
        />
      )}
      <Stage
        hidden={tabled}
        data={data}
        tiles={tiles}
        view={view}
        mpp={desk.mpp}
        scene={desk.scene}
        adding={adding}
        tools={desk.tools}
        area={desk.area}
        here={desk.here}
        revision={session.labels.revision}
        onHere={desk.setHere}
        beside={desk.beside}
        say={desk.say}
        viewer={viewer}
        onMoved={desk.keepPlace}
        onPick={desk.pick}
      />
      <Side
        tabled={tabled}
        hasSlide={slide !== null}
        job={job}
        schema={schema}
        gallery={gallery}
        acts={acts}
        canReview={canReview}
        compared={desk.compared}
        notes={desk.notes}
        onGo={goTo}
        counts={counts}
        card={
          <ChosenCard
            jobId={jobId}
            schema={schema}
            cellCard={cellCard}
            added={desk.added}
            labels={session.labels}
            naming={desk.naming}
            reviewing={desk.reviewing}
            notes={desk.notes}
            mayWrite={desk.mayWrite}
            commenting={desk.commenting}
            onChoose={desk.pick}
            onGo={() => goTo(cellCard.card ?? desk.added)}
            onLike={desk.alike}
          />
        }
      />
      {jobId && job?.reviewable && <Surroundings jobId={jobId} />}
      <CountsBar counts={counts} trouble={trouble} waiting={waiting} />
      <div className="toast" role="status" aria-live="polite">
        {desk.message}
      </div>
      <RoomDialogs
        open={desk.dialog}
        current={data.case}
        counts={counts}
        schema={schema}
        session={session}
        onClose={() => desk.setDialog("")}
        onSee={desk.see}
        say={desk.say}
      />
    </div>
  );
}
