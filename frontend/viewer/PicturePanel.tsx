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
  { key: "brightness", label: "Brightness", min: -0.4, max: 0.4, step: 0.01 },
  { key: "contrast", label: "Contrast", min: 0.4, max: 2.5, step: 0.01 },
  { key: "gamma", label: "Gamma", min: 0.4, max: 2.5, step: 0.01 },
] as const;

/** Sliders for the picture on this screen; nothing of it is stored, counted or reported. */
export function PicturePanel({ picture, access, picking, onChange, onPick, onClose }: Props) {
  return (
    <section className="picture-panel" aria-label="Picture">
      <header>
        <h2>Picture</h2>
        <button type="button" onClick={onClose} aria-label="Close">
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
          <output>{picture[key].toFixed(2)}</output>
        </label>
      ))}
      <p className="buttons">
        <button type="button" className={picking ? "on" : ""} onClick={onPick}>
          {picking ? "Click on empty glass…" : "White balance"}
        </button>
        <button type="button" disabled={!isChanged(picture)} onClick={() => onChange(AS_IT_IS)}>
          Reset
        </button>
      </p>
      {access && (
        <p className="facts">
          Colours: {access.colour_text}. Tiles: {access.stored_levels} of {access.levels.length} levels as stored in the
          file.
        </p>
      )}
      <p className="facts">On this screen only: models and report use the slide as it is.</p>
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
