import { useEffect, useRef, useState } from "react";
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
  asked?: number;
  /** Show the cell and its card; absent where there is no slide. */
  onShow?(label: CarriedLabel): void;
}

/** Labels of an earlier analysis of the slide that could not simply be carried over: a person decides on each, or on several. */
export function WaitingLabels({ jobId, schema, may, waiting, asked = 0, onShow }: Props) {
  const { labels, held, problem, decide } = waiting;
  const [ticks, setTicks] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLDetailsElement>(null);
  const shown = useRef(0);
  const empty = labels.length === 0;
  useEffect(() => {
    const element = list.current;
    if (asked === shown.current || !element || empty) return;
    shown.current = asked;
    element.open = true;
    element.querySelector("summary")?.focus();
  }, [asked, empty]);
  if (empty && !held && !problem) return null;
  const tick = (id: string) =>
    setTicks((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return (
    <div className="waiting-labels">
      {held && (
        <p role="status">
          {decidedText(held)}{" "}
          <button type="button" onClick={waiting.takeBack}>
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
          {may && labels.length > 1 && (
            <Several labels={labels} ticks={ticks} onTicks={setTicks} onDecide={(ids, keep) => decide({ ids, keep })} />
          )}
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
                onDecide={(keep) => decide({ ids: [label.id], keep })}
                onShow={onShow && (() => onShow(label))}
              />
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

interface SeveralProps {
  labels: readonly CarriedLabel[];
  ticks: ReadonlySet<string>;
  onTicks(ticks: ReadonlySet<string>): void;
  onDecide(ids: string[], keep: boolean): void;
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
      <button type="button" onClick={(event) => isMeant(event) && onDecide(targets, true)}>
        {ticked.length
          ? plural(ticked.length, "Keep {n} chosen label", "Keep {n} chosen labels")
          : plural(ids.length, "Keep {n} label", "Keep all {n} labels")}
      </button>
      <button type="button" onClick={(event) => isMeant(event) && onDecide(targets, false)}>
        {ticked.length
          ? plural(ticked.length, "Drop {n} chosen label", "Drop {n} chosen labels")
          : plural(ids.length, "Drop {n} label", "Drop all {n} labels")}
      </button>
    </p>
  );
}
