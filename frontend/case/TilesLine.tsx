import { plural, t } from "../shared/catalogue";
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
          {stored < slide.tile_levels.length
            ? plural(
                slide.tile_levels.length,
                "Tiles: {stored} of {n} level are sent as stored, the others are decoded ({why})",
                "Tiles: {stored} of {n} levels are sent as stored, the others are decoded ({why})",
                { stored, why: why.replace(/\.$/, "") },
              )
            : plural(
                slide.tile_levels.length,
                "Tiles: {stored} of {n} level are sent as stored",
                "Tiles: {stored} of {n} levels are sent as stored",
                { stored },
              )}
        </p>
      )}
      {running && (
        <p>
          <progress
            max={100}
            value={slide.conversion_percent}
            aria-label={t("Conversion of {name}", { name: slide.name })}
          />{" "}
          {t("converting {percent} %", { percent: Math.round(slide.conversion_percent) })}
        </p>
      )}
      {slide.conversion === "failed" && (
        <p className="error" role="alert">
          {t("Conversion failed: {message}", { message: slide.conversion_message })}
        </p>
      )}
      {slide.icc_bytes > 0 && (
        <p className="facts">
          <label>
            {t("Colour profile ({size}):", { size: bytes(slide.icc_bytes) })}{" "}
            <select value={slide.colour} disabled={!may} onChange={(e) => onColour(e.target.value)}>
              <option value="stored">{t("ignored")}</option>
              <option value="carried">{t("applied by the browser")}</option>
              <option value="applied">{t("applied by HemaView (sRGB)")}</option>
            </select>
          </label>
        </p>
      )}
    </>
  );
}
