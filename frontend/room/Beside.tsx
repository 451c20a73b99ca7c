import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { get } from "../shared/api";
import { t } from "../shared/catalogue";
import type { Room, Schema } from "../shared/types";
import { Viewer } from "../viewer/Viewer";
import { type DeltaAnswer, NO_LABELS, withDelta } from "./labels";
import { useFilm } from "./session";
import type { BesideState, Choice } from "./usebeside";
import { useMarks } from "./usemarks";
import { NO_SCHEMA } from "./useroomview";
import { useScene } from "./usescene";

interface Props {
  data: Room;
  beside: BesideState;
  say(text: string): void;
}

/** The second half: another slide, or another analysis, to look at; what is labelled is labelled in the first. */
export function Beside({ data, beside, say }: Props) {
  const { choice, choices, linked } = beside;
  if (!choice) return null;
  return (
    <div
      className="stage-half"
      onPointerDownCapture={() => beside.lead("second")}
      onWheelCapture={() => beside.lead("second")}
    >
      <Second key={choice.slide.id} data={data} choice={choice} beside={beside} say={say} />
      <div className="beside-bar">
        <select value={choice.key} onChange={(e) => beside.choose(e.target.value)} aria-label={t("Shown beside")}>
          {choices.map((c) => (
            <option key={c.key} value={c.key}>
              {c.name}
            </option>
          ))}
        </select>
        <button type="button" aria-pressed={linked} className={linked ? "on" : ""} onClick={beside.link}>
          {linked ? t("Linked") : t("Link")}
        </button>
        <button type="button" onClick={beside.toggle} aria-label={t("Close the second slide")}>
          ✕
        </button>
      </div>
    </div>
  );
}

const NOTHING = { annotations: [], draft: null };

function Second({ data, choice, beside, say }: Props & { choice: Choice }) {
  const { slide, job } = choice;
  const schema: Schema = data.schemas[job?.schema ?? ""] ?? NO_SCHEMA;
  const problem = useMemo(() => (error: unknown) => say(error instanceof Error ? error.message : String(error)), [say]);
  const film = useFilm(job, problem);
  const { data: delta, refetch } = useQuery({
    queryKey: ["beside", job?.id],
    enabled: job !== null,
    queryFn: () => get<DeltaAnswer>(`/api/v1/jobs/${job?.id}/labels/?since=0`),
  });
  useEffect(() => {
    const news = (event: Event) => {
      if ((event as CustomEvent<{ job: string }>).detail.job === job?.id) void refetch();
    };
    window.addEventListener("hemaview:labels", news);
    return () => window.removeEventListener("hemaview:labels", news);
  }, [job?.id, refetch]);
  const labels = useMemo(() => (delta ? withDelta(NO_LABELS, delta) : NO_LABELS), [delta]);
  const marks = useMarks(schema);
  const mpp = slide.mpp ?? job?.mpp ?? null;
  const scene = useScene({ ...film, labels }, schema, marks, null, null, NOTHING, mpp);
  return (
    <Viewer
      ref={beside.second}
      slide={slide}
      tiles={null}
      mpp={mpp}
      mppNote={mpp ? "" : t("µm/px unknown")}
      scene={scene}
      jobId={job?.id ?? null}
      addMode={false}
      drawMode={false}
      hint=""
      start={{}}
      onMoved={nothing}
      onAdd={nothing}
      onDraw={nothing}
      onPick={nothing}
      onFrame={(place) => beside.moved("second", place)}
    />
  );
}

const nothing = () => {};
