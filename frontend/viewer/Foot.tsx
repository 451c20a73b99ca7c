import { t } from "../shared/catalogue";
import { lengthText, scaleBar } from "./scalebar";

interface Props {
  um_per_px: number;
  mode: "cells" | "counts";
  hasScale: boolean;
  note: string;
  hint: string;
}

/** Scale bar, and what the reader has to know of what is drawn. */
export function Foot({ um_per_px, mode, hasScale, note, hint }: Props) {
  const bar = um_per_px > 0 ? scaleBar(um_per_px, 150) : null;
  return (
    <div className="viewer-foot">
      {bar && (
        <div className="scalebar" title={note}>
          <span style={{ width: `${bar.px}px` }} />
          {hasScale ? lengthText(bar.um) : t("scale unknown")}
        </div>
      )}
      {mode === "counts" && (
        <p className="viewer-hint">
          {t("Cells per square as the models called them, of any score. Zoom in to see each cell.")}
        </p>
      )}
      {hint && <p className="viewer-hint strong">{hint}</p>}
    </div>
  );
}
