/** Labels of an earlier analysis that wait for a decision, and what was decided on them. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { get, send } from "./api";
import { type Decision, failedText } from "./carried";
import { PendingDecision } from "./pendingdecision";
import type { CarriedLabel } from "./types";

export interface Waiting {
  /** Those on which nobody has decided, nor this reader just now. */
  labels: readonly CarriedLabel[];
  /** What was decided and can still be taken back. */
  recent: Decision | null;
  problem: string;
  decide(decision: Decision): void;
  /** False where nothing can be taken back any more. */
  takeBack(): boolean;
  /** Send what is held at once. */
  flush(): void;
}

const NOTHING: ReadonlySet<string> = new Set();

/** `jobId`: null where nothing can be decided on. */
export function useWaiting(jobId: string | null, onDecided: () => void): Waiting {
  const client = useQueryClient();
  const waiting = useQuery({
    queryKey: ["carried", jobId],
    enabled: jobId !== null,
    queryFn: () => get<CarriedLabel[]>(`/api/v1/jobs/${jobId}/carried/`),
  });
  const [problem, setProblem] = useState("");
  const [sending, setSending] = useState(NOTHING);
  const doing = useRef(onDecided);
  doing.current = onDecided;

  const pending = useMemo(
    () =>
      new PendingDecision<Decision>(async ({ ids, keep }) => {
        setSending((before) => new Set([...before, ...ids]));
        const { failed, left } = await decideOn(`/api/v1/jobs/${jobId}/carried/`, { ids, keep });
        if (left) client.setQueryData(["carried", jobId], left);
        if (failed.length) await client.invalidateQueries({ queryKey: ["carried", jobId] });
        setProblem(failedText(failed, ids.length));
        setSending((before) => new Set([...before].filter((id) => !ids.includes(id))));
        doing.current();
      }),
    [client, jobId],
  );
  useEffect(() => {
    const leave = (event: BeforeUnloadEvent) => {
      if (pending.get() === null) return;
      void pending.flush();
      event.preventDefault();
    };
    window.addEventListener("beforeunload", leave);
    return () => {
      window.removeEventListener("beforeunload", leave);
      void pending.flush();
    };
  }, [pending]);
  const recent = useSyncExternalStore(pending.subscribe, pending.get, pending.get);
  const labels = useMemo(
    () => (waiting.data ?? []).filter(({ id }) => !sending.has(id) && !recent?.ids.includes(id)),
    [waiting.data, sending, recent],
  );
  const decide = useCallback(
    (decision: Decision) => {
      setProblem("");
      pending.put(decision);
    },
    [pending],
  );
  return {
    labels,
    recent,
    problem,
    decide,
    takeBack: useCallback(() => pending.takeBack(), [pending]),
    flush: useCallback(() => void pending.flush(), [pending]),
  };
}

/** Decide on one label after the other, however each goes: why some could not be, and those that wait then (null: not known). */
export async function decideOn(
  url: string,
  { ids, keep }: Decision,
  post: (url: string, body: unknown) => Promise<CarriedLabel[]> = (to, body) => send("POST", to, body),
): Promise<{ failed: string[]; left: CarriedLabel[] | null }> {
  const failed: string[] = [];
  let left: CarriedLabel[] | null = null;
  for (const id of ids) {
    try {
      left = await post(url, { id, keep });
    } catch (error) {
      failed.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { failed, left };
}
