import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ClassList } from "../counts/ClassList";
import { CountsBar } from "../counts/CountsBar";
import { CellCard } from "../gallery/CellCard";
import { Gallery, keyOf, type SIZES, type View } from "../gallery/Gallery";
import { get, send } from "../shared/api";
import type { Card, GalleryPage, GalleryRow, Job, Room as RoomData, Schema, TileAccess } from "../shared/types";
import type { Scene } from "../viewer/overlay";
import { readPlace, writePlace } from "../viewer/place";
import { Viewer, type ViewerHandle } from "../viewer/Viewer";
import { useActs } from "./acts";
import { AmendDialog, ConflictDialog, HelpDialog, SignDialog } from "./dialogs";
import { Header } from "./Header";
import type { Action } from "./keys";
import { useLive } from "./live";
import { useSession } from "./session";
import { useKeys } from "./usekeys";

type Which = number | "must-see" | "all";
const PAGE = 300;
const NO_SCHEMA: Schema = { name: "", version: 0, groups: [], classes: [] };

/** What the page was given with it: the room, and the right to the tiles of its first slide. */
export interface First {
  accession: string;
  room: RoomData;
  tiles: TileAccess | null;
}

export function Room({ first }: { first: First }) {
  const { accession } = first;
  const client = useQueryClient();
  const room = useQuery({
    queryKey: ["room", accession],
    initialData: first.room,
    queryFn: () => get<RoomData>(`/api/cases/${accession}/room/`),
  });
  useLive(accession, client);
  if (room.isError)
    return (
      <p className="room-note" role="alert">
        {room.error.message} <a href="/">To the worklist</a>
      </p>
    );
  return <Desk data={room.data} tiles={first.tiles} />;
}

interface Carried {
  labels: number;
  carried: number;
  to_look_at: number;
}

/** What choosing an analysis did, in words. */
function carriedText(done: Carried): string {
  if (!done.labels) return "This analysis is reported now.";
  const rest = done.to_look_at ? `; ${done.to_look_at} wait for a decision` : "";
  return `This analysis is reported now. ${done.carried} of ${done.labels} labels were carried over${rest}.`;
}

function firstNucleated(schema: Schema): number {
  const groups = new Set(schema.groups.filter((g) => g.kind === "nucleated").map((g) => g.key));
  return Math.max(
    0,
    schema.classes.findIndex((c) => groups.has(c.group)),
  );
}

function Desk({ data, tiles }: { data: RoomData; tiles: TileAccess | null }) {
  const client = useQueryClient();
  const start = useRef(readPlace(location.hash));
  const ready = data.slides.filter((s) => s.status === "ready");
  const [slideId, setSlideId] = useState(start.current.slide ?? "");
  const slide = ready.find((s) => s.id === slideId) ?? ready[0] ?? null;
  const [analysis, setAnalysis] = useState<Record<string, string>>({});
  const job = slide?.jobs?.find((j) => j.id === analysis[slide.id]) ?? slide?.job ?? null;
  const schema = data.schemas[job?.schema ?? ""] ?? NO_SCHEMA;
  const canReview = data.me.rights.includes("review") && !data.case.locked && !!job?.reviewable;

  const [message, setMessage] = useState("");
  const say = useCallback((text: string) => setMessage(text), []);
  useEffect(() => {
    if (!message) return;
    const timer = window.setTimeout(() => setMessage(""), 6000);
    return () => window.clearTimeout(timer);
  }, [message]);

  const session = useSession(job, say);
  const { labels, counts } = session;
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [threshold, setThreshold] = useState(0);
  const [opacity, setOpacity] = useState(1);
  const [showRegions, setShowRegions] = useState(true);
  const [which, setWhich] = useState<Which>("must-see");
  const [view, setView] = useState<View>("unsure");
  const [size, setSize] = useState<keyof typeof SIZES>(window.innerWidth < 1200 ? "S" : "M");
  const [columns, setColumns] = useState(4);
  const [limit, setLimit] = useState(PAGE);
  const [selectedRow, setSelectedRow] = useState<number | null>(start.current.cell ?? null);
  const [addMode, setAddMode] = useState(false);
  const [dialog, setDialog] = useState<"" | "help" | "sign" | "amend">("");
  const viewer = useRef<ViewerHandle>(null);
  const jobId = job?.id ?? null;

  // A class that holds nothing to be seen is no place to begin.
  const began = useRef("");
  useEffect(() => {
    if (!counts || !jobId || began.current === jobId) return;
    began.current = jobId;
    if (counts.must_see.open === 0) {
      const main = counts.sections.find((s) => s.key === counts.headline[0]);
      const first = [...(main?.rows ?? [])]
        .filter((r) => r.class !== null && r.reviewed.count > 0)
        .sort((a, b) => b.reviewed.count - a.reviewed.count)[0];
      setWhich(first?.class ?? "all");
    }
  }, [counts, jobId]);

  const galleryQuery = useQuery({
    queryKey: ["gallery", jobId, which, view, limit],
    enabled: !!job?.reviewable,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before, query) =>
      query?.queryKey[2] === which && query.queryKey[1] === jobId ? before : undefined,
    queryFn: () =>
      get<GalleryPage>(
        `/api/jobs/${jobId}/gallery/?class=${typeof which === "number" ? which : "all"}&view=${which === "must-see" ? "must-see" : view}&limit=${limit}`,
      ),
  });
  // Cells stay where they are while they are worked on; what people said is laid over them.
  const rows = useMemo<GalleryRow[]>(
    () =>
      (galleryQuery.data?.rows ?? []).map((r) => {
        if (r.row !== null) {
          const label = labels.rows.get(r.row);
          if (!label) return { ...r, state: "" as const, label: r.class };
          return { ...r, state: label.state, label: label.label ?? r.class };
        }
        const added = labels.added.find((a) => a.id === r.added);
        return added ? { ...r, state: added.state, label: added.label } : r;
      }),
    [galleryQuery.data, labels],
  );

  const cardQuery = useQuery({
    queryKey: ["card", jobId, selectedRow, labels.revision],
    enabled: jobId !== null && selectedRow !== null && !!job?.reviewable,
    placeholderData: (before) => before,
    queryFn: () => get<Card>(`/api/jobs/${jobId}/cells/${selectedRow}/`),
  });
  const card = selectedRow === null ? null : (cardQuery.data ?? null);

  const goTo = useCallback((row: GalleryRow | Card | null, objective = 60) => {
    if (row) viewer.current?.goTo(row.x, row.y, objective);
  }, []);

  const { current, setCurrent, chosen, setChosen, choose, next, act, confirmAll } = useActs({
    rows,
    label: session.label,
    refusal: canReview
      ? ""
      : data.case.locked
        ? "This case is signed; amend it to change anything."
        : "You may look but not review here.",
    selectedRow,
    onSelect: setSelectedRow,
    goTo,
    say,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its beginning
  useEffect(() => {
    setCurrent(-1);
    setChosen(new Set());
    setLimit(PAGE);
  }, [which, view, jobId]);

  useEffect(() => {
    const news = (event: Event) => {
      const detail = (event as CustomEvent<{ job: string; revision: number; by: string }>).detail;
      if (detail.job !== jobId || detail.revision <= labels.revision) return;
      if (detail.by && detail.by !== data.me.name) say(`${detail.by} labelled cells of this slide.`);
      void session.readLabels();
    };
    window.addEventListener("hemaview:labels", news);
    return () => window.removeEventListener("hemaview:labels", news);
  }, [jobId, labels.revision, session.readLabels, say, data.me.name]);

  const shut = dialog !== "" || session.conflict !== null;
  const press = useCallback(
    (action: Action, range: boolean) => {
      if (typeof action === "object") void act("relabel", action.relabel);
      else if (action === "next") next();
      else if (action === "confirm") void act("confirm");
      else if (action === "reject") void act("reject");
      else if (action === "undo") void session.undo();
      else if (action === "go") goTo(card ?? rows[current] ?? null);
      else if (action === "rotate") viewer.current?.rotate();
      else if (action === "full") viewer.current?.fullScreen();
      else if (action === "add") setAddMode((on) => canReview && !on);
      else if (action === "help") setDialog("help");
      else if (action === "cells") setOpacity((o) => (o > 0 ? 0 : 1));
      else if (action === "select-all") setChosen(new Set(rows.map(keyOf)));
      else if (action === "escape") {
        setAddMode(false);
        setChosen(new Set());
      } else {
        const step = { left: -1, right: 1, up: -columns, down: columns }[action];
        const next = current < 0 ? 0 : Math.max(0, current + step);
        choose(Math.min(rows.length - 1, next), range ? "range" : "one");
      }
    },
    [session.undo, act, next, goTo, card, rows, current, columns, choose, setChosen, canReview],
  );
  useKeys(schema, shut, press);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the epoch tells that the store has grown
  const scene = useMemo<Scene>(
    () => ({
      store: session.store,
      index: session.index,
      schema,
      hidden,
      threshold,
      opacity,
      regions: session.regions,
      showRegions,
      labels: labels.rows,
      added: labels.added,
      selected: card,
    }),
    [
      session.store,
      session.index,
      session.regions,
      session.epoch,
      schema,
      hidden,
      threshold,
      opacity,
      showRegions,
      labels,
      card,
    ],
  );

  const toggle = useCallback((classes: number[]) => {
    setHidden((before) => {
      const after = new Set(before);
      const show = classes.every((c) => after.has(c));
      for (const c of classes) {
        if (show) after.delete(c);
        else after.add(c);
      }
      return after;
    });
  }, []);

  const keepPlace = useCallback(() => {
    const place = viewer.current?.place();
    if (!place) return;
    const cell = selectedRow ?? undefined;
    history.replaceState(null, "", writePlace({ ...place, slide: ready.length > 1 ? slide?.id : undefined, cell }));
  }, [selectedRow, slide?.id, ready.length]);

  const mpp = slide?.mpp ?? job?.mpp ?? null;
  const add = async (x: number, y: number) => {
    const side = (mpp ? 12 / mpp : 48) | 0;
    const cls = typeof which === "number" ? which : firstNucleated(schema);
    if (await session.addCell(x, y, side, cls)) {
      say(`Added as ${schema.classes[cls]?.name}; choose it in the gallery to give it another class.`);
      await client.invalidateQueries({ queryKey: ["gallery", jobId] });
    }
    setAddMode(false);
  };

  const order = async (name: string) => {
    if (!slide) return;
    try {
      await send<Job>("POST", `/api/slides/${slide.id}/jobs/`, { protocol: name });
      await client.invalidateQueries({ queryKey: ["room", data.case.accession] });
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  const jobAct = async (what: "cancel" | "retry") => {
    try {
      await send<Job>("POST", `/api/jobs/${jobId}/${what}/`);
      await client.invalidateQueries({ queryKey: ["room", data.case.accession] });
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };

  const report = async () => {
    try {
      const done = await send<Carried>("POST", `/api/jobs/${jobId}/choose/`);
      say(carriedText(done));
      await client.invalidateQueries({ queryKey: ["room", data.case.accession] });
      await session.readLabels();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };

  const title =
    which === "must-see" ? "Must be seen" : which === "all" ? "All cells" : (schema.classes[which]?.name ?? "Cells");
  return (
    <div className="room">
      <Header
        data={data}
        slide={slide}
        slides={ready}
        job={job}
        onSlide={(id) => setSlideId(id)}
        onAnalysis={(id) => slide && setAnalysis((before) => ({ ...before, [slide.id]: id }))}
        onReport={() => void report()}
        onOrder={order}
        onCancel={() => void jobAct("cancel")}
        onRetry={() => void jobAct("retry")}
        onSign={() => setDialog("sign")}
        onAmend={() => setDialog("amend")}
        onHelp={() => setDialog("help")}
        onLink={async () => {
          keepPlace();
          try {
            await navigator.clipboard.writeText(location.href);
            say("Link to this place copied.");
          } catch {
            say("The address bar holds the link to this place.");
          }
        }}
      />
      <ClassList
        schema={schema}
        counts={counts}
        runningCounts={job && !job.reviewable ? session.runningCounts : null}
        hidden={hidden}
        chosen={which}
        threshold={threshold}
        opacity={opacity}
        showRegions={showRegions}
        onChoose={setWhich}
        onToggle={toggle}
        onThreshold={setThreshold}
        onOpacity={setOpacity}
        onRegions={setShowRegions}
      />
      <main>
        {slide ? (
          <Viewer
            key={slide.id}
            ref={viewer}
            slide={slide}
            tiles={tiles?.slide === slide.id ? tiles : null}
            mpp={mpp}
            mppNote={slide.mpp ? `µm/px ${slide.mpp_source}` : mpp ? "µm/px estimated from red cells" : "µm/px unknown"}
            scene={scene}
            jobId={jobId}
            addMode={addMode}
            start={start.current}
            onMoved={keepPlace}
            onAdd={(x, y) => void add(x, y)}
            onPick={(row) => {
              setSelectedRow(row);
              const index = row === null ? -1 : rows.findIndex((r) => r.row === row);
              setCurrent(index);
              setChosen(index >= 0 && row !== null ? new Set([`r${row}`]) : new Set());
            }}
          />
        ) : (
          <p className="room-note">
            This case has no slide that can be shown yet. <a href={`/cases/${data.case.accession}/`}>Bring one in</a>
          </p>
        )}
      </main>
      <div className="side">
        {job?.reviewable ? (
          <Gallery
            title={title}
            jobId={job.id}
            schema={schema}
            rows={rows}
            total={galleryQuery.data?.n ?? 0}
            loading={galleryQuery.isPending}
            error={galleryQuery.isError ? galleryQuery.error.message : ""}
            empty={
              which === "must-see"
                ? "Nothing is open: every cell that must be seen has been seen."
                : "No cell has this class."
            }
            chosen={chosen}
            current={current}
            view={view}
            size={size}
            canReview={canReview}
            onView={setView}
            onSize={setSize}
            onChoose={choose}
            onGo={(i) => goTo(rows[i] ?? null)}
            onConfirmAll={() => void confirmAll()}
            onColumns={setColumns}
            onMore={() => setLimit((l) => (l < 1000 ? Math.min(1000, l + PAGE) : l))}
          />
        ) : (
          <section className="gallery">
            <p className="note">
              {job === null
                ? "This slide has not been analysed. Order an analysis above; its cells appear here."
                : job.state === "failed"
                  ? `The analysis failed. ${job.reason} ${job.advice}`
                  : "Cells appear on the slide as fields are finished; the gallery opens when the analysis is done."}
            </p>
          </section>
        )}
        <CellCard card={card} schema={schema} onGo={() => goTo(card)} />
      </div>
      <CountsBar counts={counts} />
      <div className="toast" role="status" aria-live="polite">
        {message}
      </div>
      {dialog === "help" && <HelpDialog schema={schema} onClose={() => setDialog("")} />}
      {dialog === "sign" && (
        <SignDialog
          current={data.case}
          counts={counts}
          onClose={() => setDialog("")}
          onSeeOpen={() => {
            setDialog("");
            setWhich("must-see");
            void client.invalidateQueries({ queryKey: ["gallery", jobId] });
          }}
          onSigned={(report) => {
            setDialog("");
            say(`Signed: version ${report.version}.`);
            void client.invalidateQueries({ queryKey: ["room", data.case.accession] });
          }}
        />
      )}
      {dialog === "amend" && (
        <AmendDialog
          current={data.case}
          onClose={() => setDialog("")}
          onAmended={() => {
            setDialog("");
            say("The case is open again.");
            void client.invalidateQueries({ queryKey: ["room", data.case.accession] });
          }}
        />
      )}
      {session.conflict && (
        <ConflictDialog
          conflict={session.conflict}
          schema={schema}
          onKeep={() => session.setConflict(null)}
          onOverrule={() => {
            const c = session.conflict;
            if (c) void session.label(c.action, c.targets, c.label, c.revision);
          }}
        />
      )}
    </div>
  );
}
