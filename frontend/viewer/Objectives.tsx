import { t } from "../shared/catalogue";

const OBJECTIVES = [5, 10, 20, 40, 60, 100];

interface Props {
  um_per_px: number;
  panel: boolean;
  changed: boolean;
  onObjective(objective: number): void;
  onRotate(): void;
  onFlip(): void;
  onPanel(): void;
  /** Null where the slide's file has no label or macro picture. */
  onLabel: (() => void) | null;
  onFullScreen(): void;
}

/** Magnification, turn, mirror, picture, full screen. */
export function Objectives(props: Props) {
  const near = props.um_per_px > 0 ? 10 / props.um_per_px : 0;
  return (
    <fieldset className="objectives">
      <legend className="hidden">{t("Magnification")}</legend>
      {OBJECTIVES.map((o) => (
        <button
          key={o}
          type="button"
          className={Math.abs(near - o) < o * 0.12 ? "on" : ""}
          onClick={() => props.onObjective(o)}
        >
          ×{o}
        </button>
      ))}
      <button type="button" onClick={props.onRotate} title={t("Turn by 45° (r)")} aria-label={t("Turn by 45°")}>
        ↻
      </button>
      <button type="button" onClick={props.onFlip} title={t("Mirror (Shift + R)")} aria-label={t("Mirror")}>
        ⇋
      </button>
      <button
        type="button"
        className={props.panel || props.changed ? "on" : ""}
        onClick={props.onPanel}
        aria-expanded={props.panel}
        title={t("Brightness, contrast, gamma, white balance")}
      >
        ◐
      </button>
      {props.onLabel && (
        <button type="button" onClick={props.onLabel} title={t("Label and macro picture")}>
          {t("Label")}
        </button>
      )}
      <button type="button" onClick={props.onFullScreen} title={t("Full screen (Shift + F)")}>
        <svg width="12" height="12" viewBox="0 0 12 12" aria-label={t("Full screen")} role="img">
          <path d="M1 4V1h3M8 1h3v3M11 8v3H8M4 11H1V8" fill="none" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      </button>
    </fieldset>
  );
}
