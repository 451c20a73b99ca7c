import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { CellPicture } from "../gallery/CellPicture";
import { get, send } from "./api";
import { carriedText, keepText } from "./carried";
import { plural, t } from "./catalogue";
import type { CarriedLabel, Schema } from "./types";

interface Props {
  jobId: string;
  schema: Schema;
  may: boolean;
  /** Show the place on the slide; absent where there is no slide. */
  onGo?(x: number, y: number): void;
  onDecided(): void;
}

/** Labels of an earlier analysis of the slide that could not simply be carried over: a person decides on each. */
export function WaitingLabels({ jobId, schema, may, onGo, onDecided }: Props) {
  const client = useQueryClient();
  const key = ["carried", jobId];
  const waiting = useQuery({ queryKey: key, queryFn: () => get<CarriedLabel[]>(`/api/v1/jobs/${jobId}/carried/`) });
  const [problem, setProblem] = useState("");
  const labels = waiting.data ?? [];
  if (!labels.length) return null;
  async function decide(id: string, keep: boolean) {
    setProblem("");
    try {
      client.setQueryData(key, await send<CarriedLabel[]>("POST", `/api/v1/jobs/${jobId}/carried/`, { id, keep }));
      onDecided();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      void waiting.refetch();
    }
  }
  return (
    <details className="waiting-labels">
      <summary>
        {plural(
          labels.length,
          "{n} label of an earlier analysis awaits a decision",
          "{n} labels of an earlier analysis await a decision",
        )}
      </summary>
      {problem && (
        <p className="error" role="alert">
          {problem}
        </p>
      )}
      <ul>
        {labels.map((label) => {
          const { before, now } = carriedText(label, schema);
          return (
            <li key={label.id}>
              {label.row !== null && (
                <CellPicture
                  src={`/api/v1/jobs/${jobId}/cells/${label.row}/crop.jpg?size=96`}
                  alt={t("the cell")}
                  size={56}
                />
              )}
              <p>
                {before} {now}
              </p>
              <span className="actions">
                {onGo && (
                  <button type="button" onClick={() => onGo(label.x, label.y)}>
                    {t("Show")}
                  </button>
                )}
                {may && (
                  <>
                    <button type="button" onClick={() => void decide(label.id, true)}>
                      {keepText(label)}
                    </button>
                    <button type="button" onClick={() => void decide(label.id, false)}>
                      {t("Drop the label")}
                    </button>
                  </>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
