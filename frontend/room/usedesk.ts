/** Everything the room knows and can do: one case, one of its slides, its cells, what is chosen and shown. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type CellName, keyOf } from "../gallery/keyof";
import { t } from "../shared/catalogue";
import type { Card, CarriedLabel, Room as RoomData } from "../shared/types";
import type { ViewerHandle } from "../viewer/Viewer";
import { useActs } from "./acts";
import type { Menu } from "./DifferentialPane";
import { opensTabled } from "./opening";
import type { Open } from "./RoomDialogs";
import { useSession } from "./session";
import { PLACE_FIRST, useAdding } from "./useadding";
import { useArea } from "./usearea";
import { useBeside } from "./usebeside";
import { useCard } from "./usecard";
import { showCarried, useCarried } from "./usecarried";
import { useCommenting } from "./usecommenting";
import { useCompare } from "./usecompare";
import { useDifferential } from "./usedifferential";
import { useGallery, type Which } from "./usegallery";
import { useHolds } from "./useholds";
import { keysToGallery, useKeys } from "./usekeys";
import { useMarks } from "./usemarks";
import { useMessage } from "./usemessage";
import { useNews } from "./usenews";
import { useNotes } from "./usenotes";
import { useOrders } from "./useorders";
import { usePlace } from "./useplace";
import { usePress } from "./usepress";
import { useReported } from "./usereported";
import { useNaming, useReviewing } from "./usereviewing";
import { useRoomView } from "./useroomview";
import { useScene } from "./usescene";
import { useTools } from "./usetools";

export function useDesk(data: RoomData, opens_with: string | null) {
  const client = useQueryClient();
  const view = useRoomView(data, opens_with);
  const { slide, job, jobId, schema, row, setChosen } = view;
  const replaced = useReported(view);
  const refusal = refusalOf(data, !!job?.reviewable);
  const { message, say } = useMessage();
  const session = useSession(job, data.me, say);
  const { labels, counts } = session;
  const marks = useMarks(schema);
  const gallery = useGallery(job, labels, counts);
  const { which } = gallery;
  const cellCard = useCard(job?.reviewable ? jobId : null, row, labels);
  const [dialog, setDialog] = useState<Open>("");
  const viewer = useRef<ViewerHandle>(null);
  const [tabled, setTabled] = useState(() => opensTabled(view.start, job, schema));
  const beside = useBeside(data, view, viewer);
  const { toggle: toggleBeside, lead } = beside;
  const showSlide = useCallback(() => {
    setTabled(false);
    lead("first");
  }, [lead]);
  const { keepPlace, copyLink } = usePlace(viewer, view, data.slides.length > 1, say, showSlide);
  const orders = useOrders(data.case.accession, slide, jobId, say);
  useNews(jobId, labels, data.me.name, session.readLabels, say);

  const goTo = useCallback(
    (to: Pick<Card, "x" | "y"> | null) => {
      if (!to) return;
      lead("first");
      viewer.current?.goTo(to.x, to.y, 60);
    },
    [lead],
  );
  const listAgain = useCallback(() => void client.invalidateQueries({ queryKey: ["gallery", jobId] }), [client, jobId]);
  const carried = useCarried(job?.reviewable ? jobId : null, session, listAgain, say);
  const [menu, setMenu] = useState<Menu>(null);
  const chooseNone = useCallback(() => setChosen(null), [setChosen]);
  const groups = useDifferential(job, tabled, schema, counts, labels, chooseNone);
  const rows = tabled ? groups.rows : gallery.rows;
  const mixed = !tabled && (which === "must-see" || which === "alike" || which === "all");
  const added = labels.added.find((one) => one.id === view.added) ?? null;
  const selected = useMemo<CellName | null>(
    () => (row !== null ? { row, added: null } : added ? { row: null, added: added.id } : null),
    [row, added],
  );
  const acts = useActs({ rows, label: carried.label, refusal, selected, onSelect: setChosen, goTo, say, mixed });
  const compared = useCompare(rows, acts.selection, cellCard.card);
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another list nothing is chosen yet
  useEffect(() => {
    acts.setCurrentKey(null);
    acts.setSelection(new Set());
  }, [which, gallery.view, jobId, tabled, groups.kind]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown in place of the other takes the keys
  useEffect(keysToGallery, [tabled]);
  const openList = (list: Which) => {
    gallery.setWhich(list);
    setTabled(false);
    if (list !== which) setChosen(null);
    if (typeof list === "number") marks.show(list);
    keysToGallery();
  };

  const mpp = slide?.mpp ?? job?.mpp ?? null;
  const tools = useTools(data, slide, say);
  const adding = useAdding({
    slide,
    regions: session.regions,
    schema,
    mpp,
    refusal,
    store: session.store,
    labels,
    elsewhere: tabled || tools.tool !== null,
    addCell: carried.addCell,
    nameCell: carried.nameCell,
    onNamed: (cell) => {
      setChosen(cell);
      listAgain();
    },
    say,
  });
  const mayOrder = data.me.rights.includes("annotate") && !data.case.locked;
  const { orderRegion } = orders;
  const protocol = job?.protocol ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: orders are new in each round, what they do is not
  const order = useMemo(
    () => (mayOrder && protocol ? (region: readonly number[]) => void orderRegion(protocol, region) : null),
    [mayOrder, protocol, slide?.id],
  );
  const { area, here, setHere } = useArea({
    slide,
    schema,
    marks,
    reviewable: !!job?.reviewable,
    gallery,
    order,
    setChosen: acts.setSelection,
    say,
  });
  const notes = useNotes(jobId, !!job?.reviewable, say);
  const commenting = useCommenting(selected ? `${jobId} ${keyOf(selected)}` : "", added ? "" : cellCard.problem);
  const ofChosen = (act: (of: CellName) => void) => {
    if (!selected) say(t("Choose a cell first: Space goes to the next one."));
    else if (!mayOrder) say(t("You may view this case but not write on it."));
    else act(selected);
  };
  const alike = () => {
    if (row === null) {
      say(t("First choose a cell that the machine found."));
      return;
    }
    setTabled(false);
    gallery.like(row);
    keysToGallery();
  };
  const sideBySide = useCallback(() => {
    setTabled(false);
    toggleBeside();
  }, [toggleBeside]);
  const help = useCallback(() => setDialog("help"), []);
  const differential = useCallback(() => setTabled((on) => !on), []);
  const { columns } = gallery;
  const question = useNaming(`${jobId} ${selected && keyOf(selected)}`);
  const press = usePress({
    acts,
    adding,
    marks,
    rows,
    columns,
    card: cellCard.card ?? added,
    viewer,
    undo: carried.undo,
    redo: session.redo,
    lasso: () => {
      if (!area) return;
      setTabled(false);
      tools.choose("lasso");
    },
    alike,
    comment: () => ofChosen((of) => commenting.ask(`${jobId} ${keyOf(of)}`)),
    teach: () => ofChosen((of) => void notes.teach(of)),
    goTo,
    cancelTool: tools.cancel,
    help,
    differential,
    typical: () => {
      if (!tabled) say(t("Typical cells are shown beside the differential: press Shift + D first."));
      else if (!compared.nextClass()) say(t("First choose a cell that the machine found."));
    },
    beside: sideBySide,
    add: () => {
      if (!adding.begin()) return;
      tools.cancel();
      setTabled(false);
    },
    say,
  });
  useKeys(
    schema,
    dialog !== "" ||
      session.edits.conflict !== null ||
      adding.place !== null ||
      menu !== null ||
      question.on ||
      commenting.waits ||
      (tools.tool !== null && !(tools.tool === "lasso" && tools.draft?.whole)),
    press,
  );

  const { presses, naming } = useReviewing(press, question, adding.on ? PLACE_FIRST : "", say);
  const reviewing = { ...presses, refusal, n: acts.selection.size || (selected ? 1 : 0) };

  const scene = useScene(session, schema, marks, cellCard.card ?? added, adding.place, tools, mpp);
  const pick = (picked: CellName | null) => {
    setChosen(picked);
    const key = picked && keyOf(picked);
    const listed = key !== null && rows.some((r) => keyOf(r) === key);
    acts.setCurrentKey(listed ? key : null);
    acts.setSelection(listed ? new Set([key]) : new Set());
  };
  const ways = { showSlide, pick, goTo, say };
  const see = useHolds({
    data,
    view,
    gallery,
    carried,
    openList,
    listAgain,
    showSlide,
    close: () => setDialog(""),
  });
  return {
    view,
    replaced,
    refusal,
    message,
    say,
    session,
    marks,
    gallery,
    cellCard,
    added,
    dialog,
    setDialog,
    viewer,
    keepPlace,
    copyLink,
    orders,
    goTo,
    tabled,
    setTabled,
    menu,
    setMenu,
    groups,
    acts,
    compared,
    beside,
    sideBySide,
    area,
    here,
    setHere,
    notes,
    reviewing,
    naming,
    commenting,
    mayWrite: mayOrder,
    openList,
    mpp,
    adding,
    tools,
    differential,
    alike,
    scene,
    pick,
    carried,
    showCarried: (label: CarriedLabel) => showCarried(label, ways),
    see,
    listAgain,
  };
}

/** Why nothing may be labelled here; empty where it may. */
function refusalOf(data: RoomData, reviewable: boolean): string {
  if (data.case.locked) return t("This case is signed; amend it to change anything.");
  if (!data.me.rights.includes("review")) return t("You may view this case but not review it.");
  return reviewable ? "" : t("The cells can be reviewed once the analysis is complete.");
}
