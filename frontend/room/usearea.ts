/** What may be done with the cells within an outline: choose them, count them, analyse the place by itself. */

import { useEffect, useMemo, useState } from "react";
import { keyOf } from "../gallery/keyof";
import { plural, t } from "../shared/catalogue";
import type { GalleryRow, Schema, Slide } from "../shared/types";
import type { Point } from "../viewer/glue";
import { around, outlineText } from "../viewer/outline";
import type { AreaActs } from "./ToolBar";
import type { Outlined, useGallery } from "./usegallery";
import type { Marks } from "./usemarks";

interface Setting {
  slide: Slide | null;
  schema: Schema;
  marks: Marks;
  reviewable: boolean;
  gallery: ReturnType<typeof useGallery>;
  /** Orders an analysis of a rectangle; null where nothing may be ordered. */
  order: ((region: [number, number, number, number]) => void) | null;
  setChosen(keys: ReadonlySet<string>): void;
  say(text: string): void;
}

export function useArea(setting: Setting) {
  const { slide, schema, marks, reviewable, gallery, order, setChosen, say } = setting;
  const [here, setHere] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: an outline lies on one slide only
  useEffect(() => setHere(""), [slide?.id]);
  const { outline } = gallery;
  const area = useMemo<AreaActs | null>(() => {
    if (!slide || !reviewable) return null;
    return {
      choose: (points) => outline(outlinedOf(points, schema, marks)),
      count: (points) => setHere(outlineText(points)),
      analyse: order && ((points: readonly Point[]) => order(around(points, slide.width, slide.height))),
    };
  }, [slide, reviewable, schema, marks, outline, order]);

  const listed = gallery.which === "outlined" ? gallery.query.data : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each outline, not for each label that follows
  useEffect(() => {
    if (!listed) return;
    setChosen(new Set(listed.rows.map(keyOf)));
    say(chosenText(listed.rows, listed.n));
  }, [gallery.outlined, listed === undefined]);
  return { area, here, setHere };
}

/** The marked cells within an outline: what the reader sees is what is chosen. */
export function outlinedOf(
  points: readonly Point[],
  schema: Schema,
  marks: Pick<Marks, "hidden" | "threshold">,
): Outlined {
  const classesOnSlide = schema.classes.filter((c) => !marks.hidden.has(c.index)).map((c) => c.index);
  return { within: outlineText(points), classes: classesOnSlide.join(","), least: String(marks.threshold) };
}

export function chosenText(rows: readonly GalleryRow[], n: number): string {
  if (!n) return t("No marked cell lies there.");
  const sentence =
    rows.length < n
      ? plural(
          n,
          "{some} of {n} marked cell is chosen; draw round fewer.",
          "{some} of {n} marked cells are chosen; draw round fewer.",
          { some: rows.length },
        )
      : plural(n, "{n} marked cell is chosen.", "{n} marked cells are chosen.");
  return `${sentence} ${t("A class’s key, Enter or Backspace acts on all of them.")}`;
}
