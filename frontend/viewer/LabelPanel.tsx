import { useEffect, useState } from "react";
import { getBytes } from "../shared/api";
import { t } from "../shared/catalogue";

interface Props {
  slideId: string;
  /** Names of the pictures that lie beside the slide in its file. */
  names: readonly string[];
  onClose(): void;
}

/** Label and macro picture of the slide, for who may know who the patient is; all others read why they are not shown. */
export function LabelPanel({ slideId, names, onClose }: Props) {
  return (
    <section className="label-panel" aria-label={t("Label and macro picture")}>
      <header>
        <h2>{t("Label and macro picture")}</h2>
        <button type="button" onClick={onClose} aria-label={t("Close")}>
          ✕
        </button>
      </header>
      {names.map((name) => (
        <LabelPicture key={name} src={`/slides/${slideId}/associated/${name}.jpg`} name={name} />
      ))}
    </section>
  );
}

/** One picture beside a slide; that somebody looked at it is recorded. */
export function LabelPicture({ src, name }: { src: string; name: string }) {
  const [state, setState] = useState({ url: "", problem: "" });
  useEffect(() => {
    let url = "";
    let stopped = false;
    getBytes(src).then(
      (raw) => {
        if (stopped) return;
        url = URL.createObjectURL(new Blob([raw], { type: "image/jpeg" }));
        setState({ url, problem: "" });
      },
      (error: unknown) =>
        !stopped && setState({ url: "", problem: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      stopped = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [src]);
  if (state.problem) return <p role="alert">{state.problem}</p>;
  return state.url ? (
    <img src={state.url} alt={name} />
  ) : (
    <p>{name === "label" ? t("Loading the label picture…") : t("Loading the macro picture…")}</p>
  );
}
