/** Where the cells are that a hold names: a list of the room in one of the reported analyses, or the readers of the case page. */

import { writePlace } from "../viewer/place";
import { t } from "./catalogue";
import type { Analysis, Hold, Room, Slide } from "./types";

/** Lists of the room that a link can open. */
export type HoldList = "must-see" | "unidentified" | "carried";

export interface HoldPlace {
  list: HoldList | "readers";
  /** The analysis; null where the hold names none. */
  job: string | null;
}

const LISTS: Readonly<Record<string, HoldPlace["list"]>> = {
  "must-see-open": "must-see",
  "unidentified-cells": "unidentified",
  "carried-labels": "carried",
  "differences-open": "readers",
  "second-reader": "readers",
  "second-reading-open": "readers",
};

/** The class of cells that have no name yet. */
export const UNIDENTIFIED = "unidentified";

/** Where a hold's cells are; null where it names none. */
export function placeOf(hold: Hold): HoldPlace | null {
  const list = LISTS[hold.code];
  return list ? { list, job: hold.job ?? hold.open?.[0]?.job ?? null } : null;
}

/** What the button says that leads there. */
export function leadText({ list }: HoldPlace): string {
  if (list === "carried") return t("Show these labels");
  return list === "readers" ? t("Show the readers") : t("Show these cells");
}

/** Whether a link's word names a list of the room. */
export function isHoldList(word: string | undefined): word is HoldList {
  return word === "must-see" || word === "unidentified" || word === "carried";
}

/** The index of the class of unidentified cells; null where there is none. */
export function unidentifiedOf(schemas: Room["schemas"], job: Pick<Analysis, "schema">): number | null {
  return schemas[job.schema]?.classes.find((c) => c.key === UNIDENTIFIED)?.index ?? null;
}

/** The slide and the analysis of a place: the named one; else the open one where it is reported, else the first reported one. */
export function analysisAt(
  place: HoldPlace,
  { slides, schemas }: Pick<Room, "slides" | "schemas">,
  open: string | null = null,
): { slide: Slide; job: Analysis } | null {
  const every = slides.flatMap((slide) => (slide.jobs ?? []).map((job) => ({ slide, job })));
  const placeOfJob = every.find(({ job }) => job.id === place.job);
  if (placeOfJob) return placeOfJob;
  const fits = every.filter(
    ({ job }) =>
      job.reported && job.reviewable && (place.list !== "unidentified" || unidentifiedOf(schemas, job) !== null),
  );
  return fits.find(({ job }) => job.id === open) ?? fits[0] ?? null;
}

/** The page on which a place can be seen. */
export function addressOf(accession: string, place: HoldPlace, room: Pick<Room, "slides" | "schemas">): string {
  if (place.list === "readers") return `/cases/${accession}/#readers`;
  const there = analysisAt(place, room);
  return `/cases/${accession}/read/${writePlace({ slide: there?.slide.id, job: there?.job.id, list: place.list })}`;
}
