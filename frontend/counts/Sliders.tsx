import type { Marks } from "../room/usemarks";
import { t } from "../shared/catalogue";
import { fixed } from "../shared/format";

/** How cells are marked on the slide. */
export function Sliders({ marks }: { marks: Marks }) {
  return (
    <div className="sliders">
      <fieldset className="sizes marked">
        <legend>{t("Mark on the slide")}</legend>
        <button type="button" className={marks.every ? "" : "on"} onClick={() => marks.markEvery(false)}>
          {t("What matters")}
        </button>
        <button
          type="button"
          className={marks.every ? "on" : ""}
          onClick={() => marks.markEvery(true)}
          title={t("Mark every cell (Shift + H)")}
        >
          {t("Every cell")}
        </button>
      </fieldset>
      <label>
        <span>{t("Min. score")}</span>
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          value={marks.threshold}
          onChange={(e) => marks.setThreshold(Number(e.target.value))}
        />
        <output>{fixed(marks.threshold, 2)}</output>
      </label>
      <label>
        <span>{t("Opacity")}</span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={marks.opacity}
          onChange={(e) => marks.setOpacity(Number(e.target.value))}
        />
        <output>{Math.round(marks.opacity * 100)} %</output>
      </label>
      <label className="tick">
        <input type="checkbox" checked={marks.showRegions} onChange={(e) => marks.setShowRegions(e.target.checked)} />{" "}
        {t("Outline the fields")}
      </label>
    </div>
  );
}
