/** Comments on cells and the mark to teach with: read with the analysis, written at once. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { type CellName, keyOf } from "../gallery/keyof";
import { get, send } from "../shared/api";
import { t } from "../shared/catalogue";
import type { CellNote } from "../shared/types";

export interface Notes {
  of(key: string): readonly CellNote[];
  commented: number;
  teaching: number;
  /** Notes where this analysis has no cell. */
  astray: readonly CellNote[];
  comment(cell: CellName, text: string): Promise<boolean>;
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
  const last = removed?.job === jobId ? removed.note : null;
  return {
    of: useCallback((cell: string) => placed.cells.get(cell) ?? NONE, [placed]),
    commented: placed.commented,
    teaching: placed.teaching,
    astray: placed.astray,
    comment: ({ row, added }, text) =>
      change(() => send("POST", url, { kind: "comment", row, added, text }), t("The comment has been saved.")),
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
