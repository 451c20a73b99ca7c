/** Comments on cells and the mark to teach with: read with the analysis, written at once. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type CellName, keyOf } from "../gallery/keyof";
import { get, send } from "../shared/api";
import { t } from "../shared/catalogue";
import type { CellNote } from "../shared/types";
import { Drafts } from "./drafts";

export interface Notes {
  /** The analysis that they are of. */
  job: string | null;
  of(key: string): readonly CellNote[];
  commented: number;
  teaching: number;
  /** Notes where this analysis has no cell. */
  astray: readonly CellNote[];
  comment(cell: CellName, text: string): Promise<boolean>;
  /** What was begun on a cell and not saved; empty where nothing was. */
  draftOf(cell: CellName): string;
  keepDraft(cell: CellName, text: string): void;
  teach(cell: CellName): Promise<void>;
  remove(note: CellNote): Promise<void>;
  /** Brings back what was removed last; null where nothing was. */
  restore: (() => Promise<void>) | null;
}

export function useNotes(jobId: string | null, reviewable: boolean, say: (text: string) => void): Notes {
  const client = useQueryClient();
  const key = useMemo(() => ["notes", jobId], [jobId]);
  const query = useQuery({
    queryKey: key,
    enabled: jobId !== null && reviewable,
    queryFn: ({ signal }) => get<CellNote[]>(`/api/v1/jobs/${jobId}/notes/`, signal),
  });
  const placed = useMemo(() => byCell(query.data ?? []), [query.data]);
  const [removed, setRemoved] = useState<{ job: string | null; note: CellNote } | null>(null);

  const change = useCallback(
    async (work: () => Promise<unknown>, sentence: string) => {
      try {
        await work();
        await client.invalidateQueries({ queryKey: key });
        await client.invalidateQueries({ queryKey: ["gallery", jobId], predicate: (q) => isNoted(q.queryKey[2]) });
        say(sentence);
        return true;
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
        return false;
      }
    },
    [client, key, jobId, say],
  );
  const url = `/api/v1/jobs/${jobId}/notes/`;
  const remove = useCallback(
    async (note: CellNote) => {
      const what =
        note.kind === "teach" ? t("The cell is no longer marked for teaching.") : t("The comment has been removed.");
      await change(async () => {
        await send("DELETE", `/api/v1/notes/${note.id}/`);
        // Before the lists are read again: what is offered to come back is what went last.
        setRemoved({ job: jobId, note });
      }, what);
    },
    [change, jobId],
  );
  const drafts = useRef(new Drafts()).current;
  useLeaving(drafts, jobId, say);
  const last = removed?.job === jobId ? removed.note : null;
  return {
    job: jobId,
    of: useCallback((cell: string) => placed.cells.get(cell) ?? NONE, [placed]),
    commented: placed.commented,
    teaching: placed.teaching,
    astray: placed.astray,
    comment: async (cell, text) => {
      const { row, added } = cell;
      const body = { kind: "comment", row, added, text };
      const saved = await change(() => send("POST", url, body), t("The comment has been saved."));
      if (saved) drafts.keep(jobId, keyOf(cell), "");
      return saved;
    },
    draftOf: (cell) => drafts.of(jobId, keyOf(cell)),
    keepDraft: (cell, text) => drafts.keep(jobId, keyOf(cell), text),
    teach: async (cell) => {
      const teachNote = placed.cells.get(keyOf(cell))?.find((n) => n.kind === "teach");
      const { row, added } = cell;
      if (teachNote) await remove(teachNote);
      else await change(() => send("POST", url, { kind: "teach", row, added }), t("Marked for teaching."));
    },
    remove,
    restore: last
      ? async () => {
          if (await change(() => send("POST", `/api/v1/notes/${last.id}/restore/`), t("It is back."))) setRemoved(null);
        }
      : null,
  };
}

/** Say that what was begun is kept where another analysis is opened, and have the browser ask before the page is left. */
function useLeaving(drafts: Drafts, jobId: string | null, say: (text: string) => void) {
  const jobBefore = useRef(jobId);
  useEffect(() => {
    if (jobBefore.current !== jobId && drafts.count(jobBefore.current))
      say(t("The comment that you began is kept with its cell: open the other analysis again to finish it."));
    jobBefore.current = jobId;
  }, [drafts, jobId, say]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (drafts.count()) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [drafts]);
}

const NONE: readonly CellNote[] = [];

/** Lists of the gallery that hold noted cells alone. */
export function isNoted(which: unknown): which is "comment" | "teach" {
  return which === "comment" || which === "teach";
}

/** Notes by the key of the cell they are on, and how many cells have such. */
export function byCell(notes: readonly CellNote[]) {
  const cells = new Map<string, CellNote[]>();
  const astray: CellNote[] = [];
  for (const note of notes) {
    const key = note.row !== null || note.added !== null ? keyOf(note) : null;
    if (key === null) astray.push(note);
    else cells.set(key, [...(cells.get(key) ?? []), note]);
  }
  const having = (kind: CellNote["kind"]) => [...cells.values()].filter((n) => n.some((x) => x.kind === kind)).length;
  return { cells, astray, commented: having("comment"), teaching: having("teach") };
}
