/** The reader's edits of this page: sent in order, kept while the server cannot be reached, asked about where others were quicker. */

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { get, Problem, send, unreachable } from "../shared/api";
import { t } from "../shared/catalogue";
import { line } from "../shared/line";
import type { AddedCell, Conflict, LabelAnswer } from "../shared/types";
import type { DeltaAnswer } from "./labels";
import { type AddEdit, type Edit, type LabelEdit, Outbox, type Outcome, STATES } from "./outbox";

export interface PendingConflict {
  edit: Edit & LabelEdit;
  conflicts: Conflict[];
  revision: number;
}

/** After so long what was put off is sent again. */
const AGAIN_MS = 5000;

type NewEdit = (LabelEdit | AddEdit) & { job: string };

export function useEdits(
  person: number,
  take: (job: string, answer: LabelAnswer) => void,
  readLabels: () => Promise<void>,
  problem: (error: unknown) => void,
) {
  const [conflict, setConflict] = useState<PendingConflict | null>(null);
  const doing = useRef({ take, readLabels, problem });
  doing.current = { take, readLabels, problem };
  const asking = useRef(false);
  asking.current = conflict !== null;

  const newest = useRef<AddedCell | null>(null);

  const outbox = useMemo(() => {
    // Their answer may have been lost on its way: whether the server has them already is asked first.
    const doubtful = new Set<string>();
    const deliver = async (edit: Edit): Promise<Outcome> => {
      if (asking.current) return "waiting";
      try {
        if (doubtful.has(edit.id) && (await isThere(edit))) {
          await doing.current.readLabels();
        } else if (edit.kind === "add") {
          const { x, y, w, h, label } = edit;
          const answer = await send<LabelAnswer>("POST", `/api/v1/jobs/${edit.job}/cells/`, { x, y, w, h, label });
          newest.current = answer.added[0] ?? null;
          await doing.current.readLabels();
        } else {
          const { action, rows, added, label, base_revision, force, shown = null } = edit;
          const body = { action, rows, added, label, base_revision, force, shown };
          doing.current.take(edit.job, await send<LabelAnswer>("POST", `/api/v1/jobs/${edit.job}/labels/`, body));
        }
        return "sent";
      } catch (error) {
        if (unreachable(error)) {
          doubtful.add(edit.id);
          return "waiting";
        }
        if (putsOff(error)) {
          doing.current.problem(error);
          setTimeout(() => void box.flush(), AGAIN_MS);
          return "waiting";
        }
        if (error instanceof Problem && error.code === "conflict" && edit.kind === "label") {
          asking.current = true;
          setConflict({
            edit,
            conflicts: (error.body.conflicts as Conflict[] | undefined) ?? [],
            revision: Number(error.body.revision),
          });
          await doing.current.readLabels();
        } else {
          doing.current.problem(edit.kind === "label" ? new Error(takenBackText(error)) : error);
        }
        return "refused";
      }
    };
    const box = new Outbox(sessionStorage, `hemaview:waiting:${person}`, deliver);
    for (const edit of box.get()) doubtful.add(edit.id);
    return box;
  }, [person]);

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => outbox.get().length && event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [outbox]);

  const waiting = useSyncExternalStore(outbox.subscribe, outbox.get);
  useEffect(() => {
    if (conflict === null) void outbox.flush();
    return line.subscribe(() => {
      if (line.get().requests && outbox.get().length) void outbox.flush();
    });
  }, [outbox, conflict]);

  const put = useCallback(
    (edit: NewEdit) => outbox.put({ ...edit, id: `waiting ${Date.now()} ${Math.random()}` }),
    [outbox],
  );
  /** The cell that was added last, as the server has it. */
  const lastAdded = useCallback(() => newest.current, []);
  return { outbox, waiting, put, lastAdded, conflict, setConflict };
}

/** Whether the server refuses everything for now, so that an edit waits: nobody or somebody else is signed in, requests come too fast, or a
 * part of the server is down or its disk full. */
export function putsOff(error: unknown): boolean {
  if (!(error instanceof Problem)) return false;
  return ["not-authenticated", "other-person"].includes(error.code) || [429, 503, 507].includes(error.status);
}

/** That a label was refused, and why: the reader has gone on to another cell by then. */
export function takenBackText(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return t("A label was not saved and has been taken back. {why}", { why });
}

/** Whether the server has an edit already. */
async function isThere(edit: Edit): Promise<boolean> {
  const since = edit.kind === "add" ? 0 : edit.base_revision;
  const answer = await get<DeltaAnswer>(`/api/v1/jobs/${edit.job}/labels/?since=${since}`);
  if (edit.kind === "add")
    return answer.added.some((cell) => Math.abs(cell.x - edit.x) < 0.01 && Math.abs(cell.y - edit.y) < 0.01);
  const rows = new Map(answer.rows.map((r) => [r.row, r]));
  const added = new Map(answer.added.map((c) => [c.id, c]));
  return [...edit.rows.map((r) => rows.get(r)), ...edit.added.map((id) => added.get(id))].every(
    (now) => now?.state === STATES[edit.action] && (edit.label === null || now.label === edit.label),
  );
}
