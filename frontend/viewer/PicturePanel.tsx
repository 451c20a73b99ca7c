import { plural, t } from "../shared/catalogue";
import { fixed } from "../shared/format";
import type { TileAccess } from "../shared/types";
import { AS_IT_IS, isChanged, matrix, type Picture } from "./picture";

interface Props {
  picture: Picture;
  access: TileAccess | null;
  picking: boolean;
  onChange(picture: Picture): void;
  onPick(): void;
  onClose(): void;
}

const SLIDERS = [
  { key: "brightness", label: t("Brightness"), min: -0.4, max: 0.4, step: 0.01 },
  { key: "contrast", label: t("Contrast"), min: 0.4, max: 2.5, step: 0.01 },
  { key: "gamma", label: t("Gamma"), min: 0.4, max: 2.5, step: 0.01 },
] as const;

/** Sliders for the picture on this screen; nothing of it is stored, counted or reported. */
export function PicturePanel({ picture, access, picking, onChange, onPick, onClose }: Props) {
  return (
    <section className="picture-panel" aria-label={t("Picture")}>
      <header>
        <h2>{t("Picture")}</h2>
        <button type="button" onClick={onClose} aria-label={t("Close")}>
          ✕
        </button>
      </header>
      {SLIDERS.map(({ key, label, ...range }) => (
        <label key={key}>
          <span>{label}</span>
          <input
            type="range"
            {...range}
            value={picture[key]}
            onChange={(e) => onChange({ ...picture, [key]: Number(e.target.value) })}
          />
          <output>{fixed(picture[key], 2)}</output>
        </label>
      ))}
      <p className="buttons">
        <button type="button" className={picking ? "on" : ""} onClick={onPick}>
          {picking ? t("Click on empty glass…") : t("White balance")}
        </button>
        <button type="button" disabled={!isChanged(picture)} onClick={() => onChange(AS_IT_IS)}>
          {t("Reset")}
        </button>
      </p>
      {access && (
        <p className="facts">
          {plural(
            access.levels.length,
            "Colours: {colours}. Tiles: {stored} of {n} level as stored in the file.",
            "Colours: {colours}. Tiles: {stored} of {n} levels as stored in the file.",
            { colours: access.colour_text, stored: access.stored_levels },
          )}
        </p>
      )}
      <p className="facts">{t("On this screen only: models and report use the slide as it is.")}</p>
    </section>
  );
}

/** The filter that the viewer and the gallery wear. */
export function PictureFilter({ picture }: { picture: Picture }) {
  const exponent = 1 / picture.gamma;
  return (
    <svg width="0" height="0" aria-hidden="true" className="picture-filter">
      <filter id="hemaview-picture" colorInterpolationFilters="sRGB" x="0" y="0" width="100%" height="100%">
        <feColorMatrix type="matrix" values={matrix(picture)} />
        <feComponentTransfer>
          <feFuncR type="gamma" exponent={exponent} />
          <feFuncG type="gamma" exponent={exponent} />
          <feFuncB type="gamma" exponent={exponent} />
        </feComponentTransfer>
      </filter>
    </svg>
  );
}
