/** Tools on the slide: measure, and write on a point, a length, a rectangle or an area. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { get, Problem, send } from "../shared/api";
import { t } from "../shared/catalogue";
import type { Annotation, Room, Slide } from "../shared/types";
import type { Point } from "../viewer/glue";
import { type Shape, type ShapeKind, WHOLE_AT } from "../viewer/shapes";

export interface Draft {
  shape: Shape;
  /** All its points stand; the reader writes on it, or throws it away. */
  whole: boolean;
  screen: readonly [number, number];
}

/** What the reader draws: a shape, or cells round which the hand goes. */
export type Tool = ShapeKind | "lasso";

export interface Act {
  what: "added" | "removed";
  id: string;
  slide: string;
}

/** The reader's last change of a note of a slide; those of other slides wait until that slide is shown again. */
export function lastOn(acts: readonly Act[], slide: string | undefined): Act | null {
  return acts.findLast((act) => act.slide === slide) ?? null;
}

export function useTools(data: Room, slide: Slide | null, say: (text: string) => void) {
  const client = useQueryClient();
  const url = `/api/v1/slides/${slide?.id}/annotations/`;
  const key = useMemo(() => ["annotations", slide?.id], [slide?.id]);
  const annotations = useQuery({ queryKey: key, queryFn: () => get<Annotation[]>(url), enabled: slide !== null });
  const [tool, setTool] = useState<Tool | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [acts, setActs] = useState<Act[]>([]);
  const may = data.me.rights.includes("annotate") && !data.case.locked;

  const cancel = useCallback(() => {
    setTool(null);
    setDraft(null);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn lies on one slide only
  useEffect(() => {
    if (draft) say(t("What was drawn on the other slide was not kept."));
    cancel();
  }, [slide?.id]);
  const finish = useCallback(
    () => setDraft((d) => (d && (d.shape.kind !== "polygon" || d.shape.points.length > 2) ? { ...d, whole: true } : d)),
    [],
  );
  const choose = (kind: Tool) => {
    setDraft(null);
    setTool(tool === kind ? null : kind);
  };
  const put = (x: number, y: number, screen: readonly [number, number]) => {
    if (!tool || tool === "lasso" || draft?.whole) return;
    const points: Point[] = [...(draft?.shape.points ?? []), [x, y]];
    setDraft({ shape: { kind: tool, points, text: "" }, whole: points.length === WHOLE_AT[tool], screen });
  };
  const draw = (points: readonly Point[], complete: boolean, screen: readonly [number, number]) => {
    if (complete && points.length < 3) setDraft(null);
    else setDraft({ shape: { kind: "polygon", points, text: "" }, whole: complete, screen });
  };
  // Once a lasso is closed the keys act on its cells.
  const drawing = tool !== null && !(tool === "lasso" && draft?.whole);
  useEffect(() => {
    if (!drawing) return;
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      if (event.key === "Enter") finish();
      else if (event.key === "Escape") cancel();
      else if (event.key === "Backspace")
        setDraft((d) => (d && d.shape.points.length > 1 ? { ...d, shape: less(d.shape), whole: false } : null));
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [drawing, finish, cancel]);

  async function change(work: () => Promise<Annotation>, then: (before: Act[], id: string) => Act[]) {
    try {
      const { id } = await work();
      setActs((before) => then(before, id));
      await client.invalidateQueries({ queryKey: key });
      return true;
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      return false;
    }
  }
  const done = (what: Act["what"]) => (before: Act[], id: string) =>
    slide ? [...before, { what, id, slide: slide.id }] : before;
  const keep = async (text: string) => {
    if (!draft) return;
    const { kind, points } = draft.shape;
    if (await change(() => send<Annotation>("POST", url, { kind, points, text }), done("added"))) setDraft(null);
  };
  const remove = (id: string) =>
    change(() => send<Annotation>("DELETE", `/api/v1/annotations/${id}/`), done("removed"));
  const last = lastOn(acts, slide?.id);
  const undo = async () => {
    if (!last) return;
    const at = `/api/v1/annotations/${last.id}/`;
    const work = () =>
      (last.what === "added" ? send<Annotation>("DELETE", at) : send<Annotation>("POST", `${at}restore/`)).catch(
        (error: unknown) => {
          // Somebody else was quicker: it cannot be undone a second time either.
          if (error instanceof Problem && error.status === 404) setActs((before) => before.filter((a) => a !== last));
          throw error;
        },
      );
    await change(work, (before) => before.filter((act) => act !== last));
  };
  return {
    tool,
    draft,
    may,
    annotations: annotations.data ?? NO_ANNOTATIONS,
    choose,
    put,
    draw,
    finish,
    cancel,
    discard: () => setDraft(null),
    keep,
    remove,
    undo: last ? undo : null,
  };
}

const NO_ANNOTATIONS: Annotation[] = [];

function less(shape: Shape): Shape {
  return { ...shape, points: shape.points.slice(0, -1) };
}

export type Tools = ReturnType<typeof useTools>;
