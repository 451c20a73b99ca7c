import { useState } from "react";
import { ChangedMeanwhile } from "../shared/ChangedMeanwhile";
import { ConclusionField } from "../shared/ConclusionField";
import { t } from "../shared/catalogue";
import type { Room } from "../shared/types";

interface Props {
  data: Room;
  /** `before` is the text that the writer saw there. */
  onConclusion(text: string, before: string): Promise<boolean>;
}

/** The conclusion that the report begins with: shown, or written by who reviews the case. */
export function Conclusion({ data, onConclusion }: Props) {
  const [text, setText] = useState<string | null>(null);
  const [before, setBefore] = useState("");
  const { conclusion, locked } = data.case;
  const may = data.me.rights.includes("review") && !locked && data.me.reading !== "second-blind";
  const assays = [...new Set(data.slides.flatMap((slide) => (slide.jobs ?? []).map((job) => job.assay)))];
  if (text === null)
    return (
      <div className="comment">
        <span className="soft">{t("Conclusion")}</span>{" "}
        {conclusion ? <p className="written">{conclusion}</p> : <span>{t("none yet")}</span>}{" "}
        {may && (
          <button
            type="button"
            onClick={() => {
              setText(conclusion);
              setBefore(conclusion);
            }}
          >
            {conclusion ? t("Edit conclusion…") : t("Write a conclusion…")}
          </button>
        )}
      </div>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void onConclusion(text, conclusion).then((saved) => saved && setText(null));
      }}
    >
      <ConclusionField value={text} assays={assays} onChange={setText} />
      <ChangedMeanwhile which="conclusion" before={before} now={conclusion} />
      <p className="actions">
        <button type="submit" className="primary">
          {t("Save")}
        </button>
        <button type="button" onClick={() => setText(null)}>
          {t("Cancel")}
        </button>
      </p>
    </form>
  );
}
