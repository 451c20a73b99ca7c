import { type MouseEvent, useEffect, useRef, useState } from "react";
import { isMeant } from "../gallery/meant";
import { decidedText } from "./carried";
import { plural, t } from "./catalogue";
import type { CarriedLabel, Schema } from "./types";
import type { Waiting } from "./usewaiting";
import { WaitingLabel } from "./WaitingLabel";

interface Props {
  jobId: string;
  schema: Schema;
  may: boolean;
  waiting: Waiting;
  /** Grows each time the list is asked for. */
  requests?: number;
  /** Show the cell and its card; absent where there is no slide. */
  onShow?(label: CarriedLabel): void;
}

/** Labels of an earlier analysis of the slide that could not simply be carried over: a person decides on each, or on several. */
export function WaitingLabels({ jobId, schema, may, waiting, requests = 0, onShow }: Props) {
  const { labels, recent, problem, decide } = waiting;
  const [ticks, setTicks] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLDetailsElement>(null);
  const shown = useRef(0);
  const empty = labels.length === 0;
  const whole = useRef<HTMLDivElement>(null);
  const then = useRef("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the button that was pressed has gone with its label
  useEffect(() => {
    if (then.current) whole.current?.querySelector<HTMLElement>(then.current)?.focus();
    then.current = "";
  }, [labels]);
  // The next label comes under the pointer at once: the second press of two would decide on it unseen.
  const press = (ids: readonly string[], keep: boolean, event: MouseEvent) => {
    if (!isMeant(event)) return;
    if (event.detail === 0) then.current = focusAfter(labels, ids, keep);
    decide({ ids, keep });
  };
  useEffect(() => {
    const element = list.current;
    if (requests === shown.current || !element || empty) return;
    shown.current = requests;
    element.open = true;
    element.querySelector("summary")?.focus();
  }, [requests, empty]);
  if (empty && !recent && !problem) return null;
  const tick = (id: string) =>
    setTicks((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return (
    <div className="waiting-labels" ref={whole}>
      {recent && (
        <p role="status">
          {decidedText(recent)}{" "}
          <button type="button" data-take-back onClick={waiting.takeBack}>
            {t("Undo")}
          </button>
        </p>
      )}
      {problem && (
        <p className="error" role="alert">
          {problem}
        </p>
      )}
      {!empty && (
        <details ref={list}>
          <summary>
            {plural(
              labels.length,
              "{n} label of an earlier analysis awaits a decision",
              "{n} labels of an earlier analysis await a decision",
            )}
          </summary>
          {may && labels.length > 1 && <Several labels={labels} ticks={ticks} onTicks={setTicks} onDecide={press} />}
          <ul>
            {labels.map((label) => (
              <WaitingLabel
                key={label.id}
                jobId={jobId}
                label={label}
                schema={schema}
                may={may}
                ticked={ticks.has(label.id)}
                onTick={() => tick(label.id)}
                onDecide={(keep, event) => press([label.id], keep, event)}
                onShow={onShow && (() => onShow(label))}
              />
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** What takes the keys after a decision by key, as a selector: the same button of the following label; at the end, the way back. */
export function focusAfter(labels: readonly CarriedLabel[], ids: readonly string[], keep: boolean): string {
  const gone = new Set(ids);
  const from = labels.findIndex(({ id }) => gone.has(id));
  const stay = labels.filter(({ id }, i) => !gone.has(id) && i > from);
  const next = stay[0] ?? labels.filter(({ id }) => !gone.has(id)).pop();
  return next ? `[data-label="${next.id}"] [data-decide="${keep ? "keep" : "drop"}"]` : "[data-take-back]";
}

interface SeveralProps {
  labels: readonly CarriedLabel[];
  ticks: ReadonlySet<string>;
  onTicks(ticks: ReadonlySet<string>): void;
  onDecide(ids: string[], keep: boolean, event: MouseEvent): void;
}

/** Keep or drop all labels, or those that are ticked. */
function Several({ labels, ticks, onTicks, onDecide }: SeveralProps) {
  const ids = labels.map((label) => label.id);
  const ticked = ids.filter((id) => ticks.has(id));
  const targets = ticked.length ? ticked : ids;
  return (
    <p className="actions">
      <label>
        <input
          type="checkbox"
          checked={ticked.length === ids.length}
          onChange={(event) => onTicks(new Set(event.target.checked ? ids : []))}
        />{" "}
        {t("Choose all")}
      </label>
      <button type="button" onClick={(event) => onDecide(targets, true, event)}>
        {ticked.length
          ? plural(ticked.length, "Keep {n} chosen label", "Keep {n} chosen labels")
          : plural(ids.length, "Keep {n} label", "Keep all {n} labels")}
      </button>
      <button type="button" onClick={(event) => onDecide(targets, false, event)}>
        {ticked.length
          ? plural(ticked.length, "Drop {n} chosen label", "Drop {n} chosen labels")
          : plural(ids.length, "Drop {n} label", "Drop all {n} labels")}
      </button>
    </p>
  );
}
