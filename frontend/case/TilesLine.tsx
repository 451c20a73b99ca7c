import { bytes } from "../shared/format";
import type { Slide } from "../shared/types";

/** How the slide's tiles reach the screen, and what happens to its colour profile. */
export function TilesLine({ slide, may, onColour }: { slide: Slide; may: boolean; onColour(colour: string): void }) {
  const stored = slide.tile_levels.filter((level) => level.stored).length;
  const why = slide.tile_levels.find((level) => !level.stored)?.why ?? "";
  const running = slide.conversion === "asked" || slide.conversion === "running";
  return (
    <>
      {slide.tile_levels.length > 0 && (
        <p className="facts" title={why}>
          Tiles: {stored} of {slide.tile_levels.length} levels are sent as stored
          {stored < slide.tile_levels.length && `, the others are decoded (${why.replace(/\.$/, "")})`}
        </p>
      )}
      {running && (
        <p>
          <progress max={100} value={slide.conversion_percent} aria-label={`Conversion of ${slide.name}`} /> converting{" "}
          {Math.round(slide.conversion_percent)} %
        </p>
      )}
      {slide.conversion === "failed" && (
        <p className="error" role="alert">
          Conversion failed: {slide.conversion_message}
        </p>
      )}
      {slide.icc_bytes > 0 && (
        <p className="facts">
          <label>
            Colour profile ({bytes(slide.icc_bytes)}):{" "}
            <select value={slide.colour} disabled={!may} onChange={(e) => onColour(e.target.value)}>
              <option value="stored">ignored</option>
              <option value="carried">applied by the browser</option>
              <option value="applied">applied by HemaView (sRGB)</option>
            </select>
          </label>
        </p>
      )}
    </>
  );
}
