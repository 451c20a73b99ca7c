import { plural, t } from "../shared/catalogue";
import type { UploadContents } from "../shared/types";
import { type Choice, SHARPEST, type Which } from "./choices";

interface Props {
  contents: UploadContents;
  choice: Choice;
  onWhich(which: Which): void;
  onPlane(plane: number): void;
}

/** Which of the slides that files hold comes in, and at which focal plane. */
export function Choices({ contents, choice, onWhich, onPlane }: Props) {
  const { series, together, focal_planes: planes } = contents;
  const planeOpen = planes > 1 && choice.which !== "each";
  return (
    <fieldset className="choices">
      <legend>
        {series.length > 1
          ? together
            ? plural(series.length, "This file contains {n} picture", "This file contains {n} pictures")
            : plural(series.length, "These files contain {n} slide", "These files contain {n} slides")
          : plural(planes, "This slide has {n} focal plane", "This slide has {n} focal planes")}
      </legend>
      {series.length > 1 && (
        <label>
          {t("Import")}{" "}
          <select
            value={String(choice.which)}
            onChange={(e) => onWhich(/^\d+$/.test(e.target.value) ? Number(e.target.value) : (e.target.value as Which))}
          >
            {together && <option value="together">{t("all as fields of one slide")}</option>}
            <option value="each">{t("each as a slide of its own")}</option>
            {series.map((one) => (
              <option key={one.number} value={one.number}>
                {t("only {number}: {name}", { number: one.number, name: one.name })}
              </option>
            ))}
          </select>
        </label>
      )}
      {planeOpen && (
        <label>
          {t("Focal plane")}{" "}
          <select value={choice.plane} onChange={(e) => onPlane(Number(e.target.value))}>
            <option value={SHARPEST}>{t("the sharpest")}</option>
            {Array.from({ length: planes }, (_, i) => i + 1).map((number) => (
              <option key={number} value={number}>
                {t("{number} of {planes}", { number, planes })}
              </option>
            ))}
          </select>
        </label>
      )}
    </fieldset>
  );
}
