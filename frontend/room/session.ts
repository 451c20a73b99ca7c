/** One job in the reading room: its cells, labels, counts and fields, read again whenever news come. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { CellName } from "../gallery/keyof";
import { get, getBytes, send, untilReached } from "../shared/api";
import { plural, t } from "../shared/catalogue";
import { ACTION_NAMES } from "../shared/format";
import { line } from "../shared/line";
import type { AddedCell, CellIndex, Counts, Job, LabelAnswer, Region } from "../shared/types";
import { CellStore, unpack } from "../viewer/cellstore";
import { type DeltaAnswer, type Labels, missesSome, NO_LABELS, withAnswer, withDelta } from "./labels";
import { type HowLabelled, type LabelAction, type Targets, withWaiting } from "./outbox";
import { useEdits } from "./useedits";

export function useSession(job: Job | null, me: { id: number; name: string }, say: (text: string) => void) {
  const jobId = job?.id ?? null;
  const reviewable = job?.reviewable ?? false;
  const [labels, setLabels] = useState<Labels>(NO_LABELS);
  const [counts, setCounts] = useState<Counts | null>(null);
  const [countsProblem, setCountsProblem] = useState("");
  const latest = useRef({ jobId, labels });
  latest.current = { jobId, labels };
  const problem = useCallback((error: unknown) => say(error instanceof Error ? error.message : String(error)), [say]);
  const film = useFilm(job, problem);

  const readLabels = useCallback(async () => {
    if (!jobId || !reviewable) return;
    try {
      const { revision: since, reading } = latest.current.labels;
      const after = (n: number) => untilReached(() => get<DeltaAnswer>(`/api/v1/jobs/${jobId}/labels/?since=${n}`));
      let delta = await after(since);
      const another = delta.reading !== reading;
      if (another && since > 0) delta = await after(0);
      if (latest.current.jobId !== jobId) return;
      setLabels((before) => withDelta(before, delta));
      const answer = await untilReached(() => get<Counts>(`/api/v1/jobs/${jobId}/counts/`));
      if (latest.current.jobId === jobId)
        setCounts((before) => (before && !another && before.revision > answer.revision ? before : answer));
      if (latest.current.jobId === jobId) setCountsProblem("");
    } catch (error) {
      problem(error);
      if (latest.current.jobId === jobId) setCountsProblem(error instanceof Error ? error.message : String(error));
    }
  }, [jobId, reviewable, problem]);

  useEffect(() => {
    setLabels(NO_LABELS);
    setCounts(null);
    setCountsProblem("");
    latest.current.labels = NO_LABELS;
    void readLabels();
  }, [readLabels]);

  // What others did while nothing arrived.
  useEffect(() => {
    let returns = line.get().returns;
    return line.subscribe(() => {
      if (line.get().returns === returns) return;
      returns = line.get().returns;
      void readLabels();
    });
  }, [readLabels]);

  const take = useCallback(
    (id: string, answer: LabelAnswer) => {
      if (latest.current.jobId !== id) return;
      if (missesSome(latest.current.labels, answer)) void readLabels();
      setLabels((before) => withAnswer(before, answer));
      setCounts((before) => (before && before.revision > answer.revision ? before : answer.counts));
      setCountsProblem("");
    },
    [readLabels],
  );
  const edits = useEdits(me.id, take, readLabels, problem);

  const label = useCallback(
    async (action: LabelAction, targets: Targets, cls: number | null, how: HowLabelled = {}): Promise<boolean> => {
      if (!jobId) return false;
      const base_revision = how.seen ?? latest.current.labels.revision;
      const outcome = await edits.put({
        kind: "label",
        job: jobId,
        action,
        ...targets,
        label: cls,
        base_revision,
        // What the person has seen of others they overrule by that revision; what comes after it they are asked about again.
        force: false,
        shown: how.shown ?? null,
      });
      return outcome !== "refused";
    },
    [jobId, edits.put],
  );

  const addCell = useCallback(
    async (x: number, y: number, side_px: number, cls: number): Promise<{ cell: AddedCell | null } | null> => {
      if (!jobId) return null;
      const outcome = await edits.put({ kind: "add", job: jobId, x, y, w: side_px, h: side_px, label: cls });
      return outcome === "refused" ? null : { cell: outcome === "sent" ? edits.lastAdded() : null };
    },
    [jobId, edits.put, edits.lastAdded],
  );
  const nameCell = useCallback(
    (cell: CellName, cls: number) =>
      label(
        "relabel",
        { rows: cell.row === null ? [] : [cell.row], added: cell.added === null ? [] : [cell.added] },
        cls,
      ),
    [label],
  );

  const again = useCallback(
    async (which: "undo" | "redo"): Promise<boolean> => {
      if (!jobId) return false;
      await edits.outbox.idle();
      if (which === "undo" && edits.outbox.takeBack(jobId)) {
        say(t("Undone: the last change had not been sent yet."));
        return true;
      }
      try {
        const body = { base_revision: latest.current.labels.revision };
        const answer = await send<LabelAnswer>("POST", `/api/v1/jobs/${jobId}/labels/${which}/`, body);
        take(jobId, answer);
        if (answer.undone) say(t("Undone: {what}. Press Shift + Z to redo.", { what: doneText(answer.undone) }));
        if (answer.redone) say(t("Redone: {what}.", { what: doneText(answer.redone) }));
        await readLabels();
        return true;
      } catch (error) {
        problem(error);
        return false;
      }
    },
    [jobId, edits.outbox, take, say, problem, readLabels],
  );
  const undo = useCallback(() => again("undo"), [again]);
  const redo = useCallback(() => again("redo"), [again]);

  const visibleLabels = useMemo(
    () => withWaiting(labels, edits.waiting, jobId, me.name),
    [labels, edits.waiting, jobId, me.name],
  );
  return {
    ...film,
    labels: visibleLabels,
    counts,
    /** Why the newest labels and counts could not be read; empty where they could. */
    countsProblem,
    edits,
    label,
    undo,
    redo,
    addCell,
    nameCell,
    readLabels,
  };
}

export type Session = ReturnType<typeof useSession>;

function doneText({ action, n }: { action: string; n: number }): string {
  return plural(n, "{action} ({n} cell)", "{action} ({n} cells)", { action: ACTION_NAMES[action] ?? action });
}

/** The machine's own work on the slide: fields, and cells as columns, tile by tile or, while the job runs, field by field. */
export function useFilm(job: Job | null, problem: (error: unknown) => void) {
  const jobId = job?.id ?? null;
  const reviewable = job?.reviewable ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another job, or its final file, needs an empty store
  const store = useMemo(() => new CellStore(), [jobId, reviewable]);
  const [index, setIndex] = useState<CellIndex | null>(null);
  const [regions, setRegions] = useState<Region[]>([]);
  const [runningCounts, setRunningCounts] = useState<number[] | null>(null);
  const [epoch, setEpoch] = useState(0);

  useEffect(() => {
    let stopped = false;
    setIndex(null);
    setRegions([]);
    setRunningCounts(null);
    if (!jobId || !reviewable) return;
    untilReached(() => get<CellIndex>(`/api/v1/jobs/${jobId}/cells/index.json`)).then(
      (answer) => !stopped && setIndex(answer),
      problem,
    );
    return () => {
      stopped = true;
    };
  }, [jobId, reviewable, problem]);

  const fieldsDone = job?.fields_done ?? 0;
  const state = job?.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each finished field and each change of state is news
  useEffect(() => {
    if (!jobId || state === "requested" || state === "queued") return;
    let stopped = false;
    (async () => {
      const { fields } = await untilReached(() => get<{ fields: Region[] }>(`/api/v1/jobs/${jobId}/regions/`));
      if (stopped) return;
      setRegions(fields);
      if (reviewable) return;
      for (const field of fields) {
        const key = `field ${field.index}`;
        if (!field.done || store.chunks.has(key)) continue;
        const raw = await untilReached(() => getBytes(`/api/v1/jobs/${jobId}/fields/${field.index}/cells.bin`));
        if (stopped) return;
        store.add(unpack(raw, key, -1));
      }
      const tally = new Array<number>(64).fill(0);
      for (const chunk of store.chunks.values()) for (const c of chunk.cls) tally[c] = (tally[c] ?? 0) + 1;
      setRunningCounts(tally);
      setEpoch((n) => n + 1);
    })().catch(problem);
    return () => {
      stopped = true;
    };
  }, [jobId, fieldsDone, state, reviewable, store]);

  return { store, index, regions, runningCounts, epoch };
}
