/** Which slide and which of its analyses the room shows, and the cell that is chosen there. */

import { useCallback, useRef, useState } from "react";
import type { CellName } from "../gallery/keyof";
import type { Analysis, Room, Schema, Slide } from "../shared/types";
import { type Place, readPlace } from "../viewer/place";
import { analysisOf } from "./reported";

export const NO_SCHEMA: Schema = { name: "", version: 0, groups: [], classes: [] };

export interface RoomView {
  slide: Slide | null;
  job: Analysis | null;
  jobId: string | null;
  schema: Schema;
  /** By itself, or because somebody asked for it. */
  by_itself: boolean;
  start: ReturnType<typeof readPlace>;
  /** The chosen cell's row in the cell file; null where none is chosen, or one that a person added. */
  row: number | null;
  /** The id of the chosen cell where a person added it. */
  added: string | null;
  setChosen(cell: CellName | null): void;
  openSlide(id: string): void;
  openJob(id: string): void;
  /** Open what a link to a place names: its slide, its analysis, its cell. */
  openPlace(place: Place): void;
}

export function useRoomView(data: Room, opens_with: string | null): RoomView {
  const start = useRef(readPlace(location.hash));
  const [slideId, setSlideId] = useState(start.current.slide ?? "");
  const ready = data.slides.filter((s) => s.status === "ready");
  const match = ready.find((s) => s.id === slideId);
  // What is open stays open, whatever others do meanwhile: somebody may be at work on it.
  const stays = useRef<{ slide: string | null; jobs: Record<string, string> }>({ slide: null, jobs: {} });
  const begins = stays.current.slide ?? opens_with ?? data.opens_with;
  const slide = match ?? ready.find((s) => s.id === begins) ?? ready[0] ?? null;
  const linkedJob = start.current.job;
  const [analysis, setAnalysis] = useState<Record<string, string>>(() =>
    slide && linkedJob ? { [slide.id]: linkedJob } : {},
  );
  const job = slide && analysisOf(slide, analysis[slide.id], stays.current.jobs[slide.id]);
  const jobId = job?.id ?? null;
  if (slide) stays.current.slide = slide.id;
  if (slide && jobId) stays.current.jobs[slide.id] = jobId;
  const first = useRef(jobId);
  // A row is a cell of one job only: in another it would be another cell.
  const [cellOfJob, setCellOfJob] = useState<CellName & { job: string | null }>({
    job: linkedJob ?? first.current,
    row: start.current.cell ?? null,
    added: null,
  });
  const setChosen = useCallback(
    (cell: CellName | null) => setCellOfJob({ job: jobId, row: cell?.row ?? null, added: cell?.added ?? null }),
    [jobId],
  );
  const openPlace = useCallback(
    (place: Place) => {
      start.current = place;
      const there = place.slide ?? slide?.id;
      const of = place.job;
      if (place.slide) setSlideId(place.slide);
      if (there && of) setAnalysis((before) => ({ ...before, [there]: of }));
      if (place.cell !== undefined) setCellOfJob({ job: of ?? jobId, row: place.cell, added: null });
    },
    [slide?.id, jobId],
  );
  return {
    slide,
    job,
    jobId,
    schema: data.schemas[job?.schema ?? ""] ?? NO_SCHEMA,
    by_itself: match === undefined,
    start: start.current,
    row: cellOfJob.job === jobId ? cellOfJob.row : null,
    added: cellOfJob.job === jobId ? cellOfJob.added : null,
    setChosen,
    openSlide: setSlideId,
    openJob: (id) => slide && setAnalysis((before) => ({ ...before, [slide.id]: id })),
    openPlace,
  };
}
