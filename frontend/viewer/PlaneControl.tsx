import { useId } from "react";
import { t } from "../shared/catalogue";
import { analysedOf, depthText, type Plane } from "./planes";

interface Props {
  planes: readonly Plane[];
  current: number;
  onShow(number: number): void;
}

/** Focal planes of the slide: which one is shown, how deep it lies, and which one the cells and counts are of. */
export function PlaneControl({ planes, current, onShow }: Props) {
  const marks = useId();
  const analysed = analysedOf(planes);
  const plane = planes.find((one) => one.number === current);
  if (planes.length < 2 || !plane) return null;
  return (
    <fieldset className="planes">
      <legend className="hidden">{t("Focal plane")}</legend>
      <label title={t("Focal plane (, and .)")}>
        <span>{t("Plane")}</span>
        <input
          type="range"
          min={0}
          max={planes.length - 1}
          step={1}
          value={planes.indexOf(plane)}
          list={marks}
          aria-label={t("Focal plane")}
          aria-valuetext={t("plane {number}, one of {n}", { number: current, n: planes.length })}
          onChange={(e) => onShow(planes[Number(e.target.value)]?.number ?? current)}
        />
      </label>
      {analysed && (
        <datalist id={marks}>
          <option value={planes.indexOf(analysed)} label={t("analysed")} />
        </datalist>
      )}
      <output>{[nameOf(current, planes), depthText(plane, analysed)].filter(Boolean).join(" · ")}</output>
      <span className="soft">{wordOf(plane, analysed)}</span>
    </fieldset>
  );
}

/** 2 of 3; where some of the file's planes cannot be shown, the number alone. */
function nameOf(current: number, planes: readonly Plane[]): string {
  const whole = planes.every((plane, place) => plane.number === place + 1);
  return whole
    ? t("{number} of {planes}", { number: current, planes: planes.length })
    : t("{number}", { number: current });
}

function wordOf(plane: Plane, analysed: Plane | null): string {
  if (!plane.base) return t("This plane cannot be read; tell the administrator.");
  if (plane.analysed) return t("analysed: cells and counts are of this plane");
  return analysed ? t("cells and counts are of plane {number}", { number: analysed.number }) : "";
}
