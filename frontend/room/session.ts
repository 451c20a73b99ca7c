/** One job in the reading room: its cells, labels, counts and fields, read again whenever news come. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { get, getBytes, Problem, send } from "../shared/api";
import type { AddedCell, CellIndex, Conflict, Counts, Job, LabelAnswer, Region, RowLabel } from "../shared/types";
import { CellStore, unpack } from "../viewer/cellstore";
import { type Labels, NO_LABELS, withAnswer } from "./labels";

export type LabelAction = "relabel" | "confirm" | "reject" | "clear";

export interface Targets {
  rows: number[];
  added: string[];
}

export interface PendingConflict {
  action: LabelAction;
  targets: Targets;
  label: number | null;
  conflicts: Conflict[];
  revision: number;
}

interface DeltaAnswer {
  revision: number;
  rows: RowLabel[];
  added: AddedCell[];
  gone: string[];
}

export function useSession(job: Job | null, say: (text: string) => void) {
  const jobId = job?.id ?? null;
  const reviewable = job?.reviewable ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another job, or its final file, needs an empty store
  const store = useMemo(() => new CellStore(), [jobId, reviewable]);
  const [index, setIndex] = useState<CellIndex | null>(null);
  const [regions, setRegions] = useState<Region[]>([]);
  const [labels, setLabels] = useState<Labels>(NO_LABELS);
  const [counts, setCounts] = useState<Counts | null>(null);
  const [runningCounts, setRunningCounts] = useState<number[] | null>(null);
  const [conflict, setConflict] = useState<PendingConflict | null>(null);
  const [epoch, setEpoch] = useState(0);
  const known = useRef({ jobId, store, labels });
  known.current = { jobId, store, labels };

  const problem = useCallback((error: unknown) => say(error instanceof Error ? error.message : String(error)), [say]);

  const readLabels = useCallback(async () => {
    if (!jobId || !reviewable) return;
    try {
      const since = known.current.labels.revision;
      const delta = await get<DeltaAnswer>(`/api/jobs/${jobId}/labels/?since=${since}`);
      if (known.current.jobId !== jobId) return;
      setLabels((before) => withAnswer(before, delta));
      setCounts(await get<Counts>(`/api/jobs/${jobId}/counts/`));
    } catch (error) {
      problem(error);
    }
  }, [jobId, reviewable, problem]);

  useEffect(() => {
    setIndex(null);
    setRegions([]);
    setLabels(NO_LABELS);
    setCounts(null);
    setRunningCounts(null);
    known.current.labels = NO_LABELS;
    if (!jobId || !reviewable) return;
    get<CellIndex>(`/api/jobs/${jobId}/cells/index.json`).then(setIndex, problem);
    void readLabels();
  }, [jobId, reviewable, readLabels, problem]);

  const done = job?.fields_done ?? 0;
  const state = job?.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each finished field and each change of state is news
  useEffect(() => {
    if (!jobId || state === "requested" || state === "queued") return;
    let stopped = false;
    (async () => {
      const { fields } = await get<{ fields: Region[] }>(`/api/jobs/${jobId}/regions/`);
      if (stopped) return;
      setRegions(fields);
      if (reviewable) return;
      const tally = new Array<number>(64).fill(0);
      for (const field of fields) {
        const key = `field ${field.index}`;
        if (field.done && !store.chunks.has(key)) {
          const raw = await getBytes(`/api/jobs/${jobId}/fields/${field.index}/cells.bin`);
          if (stopped) return;
          store.add(unpack(raw, key, -1));
        }
      }
      for (const chunk of store.chunks.values()) for (const c of chunk.cls) tally[c] = (tally[c] ?? 0) + 1;
      setRunningCounts(tally);
      setEpoch((n) => n + 1);
    })().catch(problem);
    return () => {
      stopped = true;
    };
  }, [jobId, done, state, reviewable, store]);

  const take = useCallback((answer: LabelAnswer) => {
    setLabels((before) => withAnswer(before, answer));
    setCounts(answer.counts);
  }, []);

  const label = useCallback(
    async (action: LabelAction, targets: Targets, cls: number | null, force?: number): Promise<boolean> => {
      if (!jobId) return false;
      try {
        const body = {
          action,
          ...targets,
          label: cls,
          base_revision: force ?? known.current.labels.revision,
          force: force !== undefined,
        };
        take(await send<LabelAnswer>("POST", `/api/jobs/${jobId}/labels/`, body));
        setConflict(null);
        return true;
      } catch (error) {
        if (error instanceof Problem && error.code === "conflict" && Array.isArray(error.body.conflicts)) {
          setConflict({
            action,
            targets,
            label: cls,
            conflicts: error.body.conflicts as Conflict[],
            revision: Number(error.body.revision),
          });
          await readLabels();
        } else {
          problem(error);
        }
        return false;
      }
    },
    [jobId, take, problem, readLabels],
  );

  const undo = useCallback(async (): Promise<boolean> => {
    if (!jobId) return false;
    try {
      const answer = await send<LabelAnswer>("POST", `/api/jobs/${jobId}/labels/undo/`, {
        base_revision: known.current.labels.revision,
      });
      take(answer);
      if (answer.undone) say(`Undone: ${answer.undone.action} (${answer.undone.n})`);
      await readLabels();
      return true;
    } catch (error) {
      problem(error);
      return false;
    }
  }, [jobId, take, say, problem, readLabels]);

  const addCell = useCallback(
    async (x: number, y: number, side: number, cls: number): Promise<boolean> => {
      if (!jobId) return false;
      try {
        const cell = { x, y, w: side, h: side, label: cls, base_revision: known.current.labels.revision };
        await send<unknown>("POST", `/api/jobs/${jobId}/cells/`, cell);
        await readLabels();
        return true;
      } catch (error) {
        problem(error);
        return false;
      }
    },
    [jobId, problem, readLabels],
  );

  return {
    store,
    index,
    regions,
    labels,
    counts,
    runningCounts,
    conflict,
    setConflict,
    epoch,
    label,
    undo,
    addCell,
    readLabels,
  };
}

export type Session = ReturnType<typeof useSession>;
