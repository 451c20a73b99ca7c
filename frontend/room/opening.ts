/** Which slide a room opens on, what it marks at first, and where a cell may be added; no DOM. */

import { t } from "../shared/catalogue";
import { slideTitle } from "../shared/format";
import type { Analysis, Region, Room, Schema, Slide } from "../shared/types";
import { encloses } from "../viewer/outline";

/** Why a slide that stands before the opened one is not shown; empty where nothing has to be said. */
export function openingNote(room: Pick<Room, "slides">, current: Slide | null): string {
  const place = current ? room.slides.indexOf(current) : room.slides.length;
  const reasons = room.slides
    .slice(0, place)
    .map((slide, i) => whyNot(slide, slideTitle(slide, i)))
    .filter(Boolean);
  if (!reasons.length) return "";
  return current
    ? t("{reasons} This is {title}.", { reasons: reasons.join(" "), title: slideTitle(current, place) })
    : reasons.join(" ");
}

function whyNot(slide: Slide, title: string): string {
  if (slide.status === "importing") return t("{title} is still being imported.", { title });
  if (slide.status === "refused")
    return t("{title} could not be imported: {sentence}", { title, sentence: sentence(slide.message) });
  if (slide.job?.state === "failed")
    return t("The analysis of {title} failed: {sentence}", { title, sentence: sentence(slide.job.reason) });
  return "";
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Whether the room opens on the differential: where white cells are counted, unless a link names a place of the slide. */
export function opensTabled(
  place: { x?: number; cell?: number },
  job: Pick<Analysis, "reviewable"> | null,
  schema: Schema,
): boolean {
  if (place.x !== undefined || place.cell !== undefined || !job?.reviewable) return false;
  const nucleated = new Set(schema.groups.filter((g) => g.kind === "nucleated").map((g) => g.key));
  return schema.classes.filter((c) => c.counted && nucleated.has(c.group)).length > 1;
}

/** Classes whose cells are not marked at opening: red cells, platelets and all else that need not be seen. */
export function quietClasses(schema: Schema): ReadonlySet<number> {
  const nucleated = new Set(schema.groups.filter((g) => g.kind === "nucleated").map((g) => g.key));
  return new Set(schema.classes.filter((c) => !nucleated.has(c.group) && !c.must_see).map((c) => c.index));
}

interface Rectangle {
  x: number;
  y: number;
  w: number;
  h: number;
}

const holds = (x: number, y: number) => (r: Rectangle) => x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;

/** What a cell that is added at a place (level-0 px) would count for. */
export interface PlaceCounts {
  /** Why none may be added; empty where one may. */
  refusal: string;
  /** Only nucleated cells were searched for and counted there. */
  nucleated_only: boolean;
  /** A box of that side reaches over the edge of the picture. */
  cut: boolean;
}

/** `side_px`: side of the cell's box, level-0 px. */
export function placeCounts(
  slide: Slide,
  regions: readonly Region[],
  x: number,
  y: number,
  side_px: number,
): PlaceCounts {
  const inside = holds(x, y);
  const pictures = slide.photo_fields.length
    ? slide.photo_fields.filter(inside)
    : [{ x: 0, y: 0, w: slide.width, h: slide.height }];
  const reach = side_px / 2;
  const cut = pictures.every(
    (p) => x - reach < p.x || y - reach < p.y || x + reach > p.x + p.w || y + reach > p.y + p.h,
  );
  const none = (refusal: string) => ({ refusal, nucleated_only: false, cut });
  if (!inside({ x: 0, y: 0, w: slide.width, h: slide.height })) return none(t("This place lies outside the slide."));
  if (slide.photo_fields.length && !slide.photo_fields.some(inside))
    return none(t("This place lies between the photographs, where there is nothing to count."));
  const here = regions.filter(inside);
  if (here.some((r) => r.used && r.elsewhere.filter((outline) => encloses(outline, x, y)).length % 2))
    return none(t("Another photograph shows this place, too, and it is counted there: add the cell there."));
  const hasCounts = regions.some((r) => r.used && r.done);
  if (!hasCounts || here.some((r) => r.used && r.done)) return none("");
  if (here.some((r) => r.searched === "film")) return { refusal: "", nucleated_only: true, cut };
  return none(t("This place lies outside the counted fields; a cell added here would distort the counts."));
}

/** A schema of its nucleated classes alone; indices stay as they are. */
export function nucleatedOnly(schema: Schema): Schema {
  const groups = schema.groups.filter((g) => g.kind === "nucleated");
  const keys = new Set(groups.map((g) => g.key));
  return { ...schema, groups, classes: schema.classes.filter((c) => keys.has(c.group)) };
}
