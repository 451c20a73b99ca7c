import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ClassList } from "../counts/ClassList";
import { CountsBar } from "../counts/CountsBar";
import { Notices } from "../shared/Notices";
import type { Card, GalleryRow, Room as RoomData, TileAccess } from "../shared/types";
import type { Scene } from "../viewer/overlay";
import type { ViewerHandle } from "../viewer/Viewer";
import { useActs } from "./acts";
import { Header } from "./Header";
import { openingNote } from "./opening";
import { type Open, RoomDialogs } from "./RoomDialogs";
import { Side } from "./Side";
import { Stage } from "./Stage";
import { useSession } from "./session";
import { useAdding } from "./useadding";
import { useCard } from "./usecard";
import { useGallery, type Which } from "./usegallery";
import { keysToGallery, useKeys } from "./usekeys";
import { useMarks } from "./usemarks";
import { useMessage } from "./usemessage";
import { useNews } from "./usenews";
import { useOpened } from "./useopened";
import { useOrders } from "./useorders";
import { usePlace } from "./useplace";
import { usePress } from "./usepress";

interface Props {
  data: RoomData;
  tiles: TileAccess | null;
  opens_with: string | null;
}

/** The reading room: one case, one of its slides, its cells. */
export function Desk({ data, tiles, opens_with }: Props) {
  const client = useQueryClient();
  const opened = useOpened(data, opens_with);
  const { slide, job, jobId, schema, row, setRow } = opened;
  const refusal = refusalOf(data, !!job?.reviewable);
  const { message, say } = useMessage();
  const session = useSession(job, data.me, say);
  const { labels, counts } = session;
  const marks = useMarks(schema);
  const gallery = useGallery(job, labels, counts);
  const { rows, which } = gallery;
  const chosen = useCard(job?.reviewable ? jobId : null, row, labels);
  const [dialog, setDialog] = useState<Open>("");
  const viewer = useRef<ViewerHandle>(null);
  const { keepPlace, copyLink } = usePlace(viewer, opened, data.slides.length > 1, say);
  const orders = useOrders(data.case.accession, slide, jobId, say);
  useNews(jobId, labels.revision, data.me.name, session.readLabels, say);

  const goTo = useCallback((to: GalleryRow | Card | null) => {
    if (to) viewer.current?.goTo(to.x, to.y, 60);
  }, []);
  const acts = useActs({ rows, label: session.label, refusal, selectedRow: row, onSelect: setRow, goTo, say });
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another list nothing is chosen yet
  useEffect(() => {
    acts.setCurrent(-1);
    acts.setChosen(new Set());
  }, [which, gallery.view, jobId]);
  const openList = (list: Which) => {
    gallery.setWhich(list);
    if (list !== which) setRow(null);
    if (typeof list === "number") marks.show(list);
    keysToGallery();
  };

  const mpp = slide?.mpp ?? job?.mpp ?? null;
  const onAdded = useCallback(() => void client.invalidateQueries({ queryKey: ["gallery", jobId] }), [client, jobId]);
  const adding = useAdding({
    slide,
    regions: session.regions,
    schema,
    mpp,
    refusal,
    addCell: session.addCell,
    onAdded,
    say,
  });
  const help = useCallback(() => setDialog("help"), []);
  const { columns } = gallery;
  const press = usePress({
    acts,
    adding,
    marks,
    rows,
    columns,
    card: chosen.card,
    viewer,
    undo: session.undo,
    goTo,
    help,
  });
  useKeys(schema, dialog !== "" || session.edits.conflict !== null || adding.place !== null, press);

  const { store, index, regions, epoch } = session;
  const { hidden, threshold, opacity, showRegions } = marks;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the epoch tells that the store has grown
  const scene = useMemo<Scene>(
    () => ({
      store,
      index,
      schema,
      hidden,
      threshold,
      opacity,
      regions,
      showRegions,
      labels: labels.rows,
      added: labels.added,
      selected: chosen.card,
      place: adding.place,
    }),
    [store, index, regions, epoch, schema, hidden, threshold, opacity, showRegions, labels, chosen.card, adding.place],
  );

  return (
    <div className="room">
      <Header data={data} opened={opened} orders={orders} onDialog={setDialog} onLink={() => void copyLink()} />
      <Notices opening={opened.by_itself ? openingNote(data, slide) : ""} waiting={session.edits.waiting.length} />
      <ClassList
        schema={schema}
        counts={counts}
        runningCounts={job && !job.reviewable ? session.runningCounts : null}
        marks={marks}
        chosen={which}
        onChoose={openList}
      />
      <Stage
        data={data}
        tiles={tiles}
        opened={opened}
        mpp={mpp}
        scene={scene}
        adding={adding}
        viewer={viewer}
        onMoved={keepPlace}
        onPick={(picked) => {
          setRow(picked);
          const at = picked === null ? -1 : rows.findIndex((r) => r.row === picked);
          acts.setCurrent(at);
          acts.setChosen(at >= 0 && picked !== null ? new Set([`r${picked}`]) : new Set());
        }}
      />
      <Side
        job={job}
        schema={schema}
        gallery={gallery}
        acts={acts}
        chosen={chosen}
        canReview={refusal === ""}
        onGo={goTo}
        onGoToCard={() => goTo(chosen.card)}
      />
      <CountsBar counts={counts} waiting={session.edits.waiting.length} />
      <div className="toast" role="status" aria-live="polite">
        {message}
      </div>
      <RoomDialogs
        open={dialog}
        current={data.case}
        counts={counts}
        schema={schema}
        session={session}
        onClose={() => setDialog("")}
        onSeeOpen={() => {
          setDialog("");
          openList("must-see");
          void client.invalidateQueries({ queryKey: ["gallery", jobId] });
        }}
        say={say}
      />
    </div>
  );
}

/** Why nothing may be labelled here; empty where it may. */
function refusalOf(data: RoomData, reviewable: boolean): string {
  if (data.case.locked) return "This case is signed; amend it to change anything.";
  if (!data.me.rights.includes("review")) return "You may view this case but not review it.";
  return reviewable ? "" : "The cells can be reviewed once the analysis is complete.";
}
