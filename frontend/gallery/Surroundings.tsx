import { useEffect, useState } from "react";
import { t } from "../shared/catalogue";

/** ms for which the pointer has to rest on a picture. */
const REST_MS = 450;
const SIDE_PX = 260;

interface Preview {
  url: string;
  left: number;
  top: number;
}

/** What a cell lies among, beside its picture once the pointer rests there; ticks point at the cell. */
export function Surroundings({ jobId }: { jobId: string }) {
  const [view, setView] = useState<Preview | null>(null);
  useEffect(() => {
    let timer = 0;
    const over = (event: PointerEvent) => {
      window.clearTimeout(timer);
      const picture = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-cell]") : null;
      if (!picture || event.pointerType === "touch" || event.buttons) {
        setView(null);
        return;
      }
      timer = window.setTimeout(() => setView(placed(jobId, picture)), REST_MS);
    };
    const gone = () => {
      window.clearTimeout(timer);
      setView(null);
    };
    document.addEventListener("pointerover", over);
    for (const event of ["pointerdown", "keydown", "wheel"]) document.addEventListener(event, gone);
    return () => {
      gone();
      document.removeEventListener("pointerover", over);
      for (const event of ["pointerdown", "keydown", "wheel"]) document.removeEventListener(event, gone);
    };
  }, [jobId]);
  if (!view) return null;
  return (
    <img
      className="surroundings"
      src={view.url}
      alt={t("Surroundings of the cell")}
      width={SIDE_PX}
      height={SIDE_PX}
      style={{ left: `${view.left}px`, top: `${view.top}px` }}
    />
  );
}

function placed(jobId: string, picture: HTMLElement): Preview | null {
  if (!picture.isConnected) return null;
  const key = picture.dataset.cell ?? "";
  const source = key.startsWith("r") ? `cells/${key.slice(1)}` : `added/${key.slice(1)}`;
  const box = picture.getBoundingClientRect();
  return {
    url: `/api/v1/jobs/${jobId}/${source}/crop.jpg?size=260&around=4`,
    ...beside(box, window.innerWidth, window.innerHeight),
  };
}

/** Right of a picture, left of it where there is no room, and within the window. */
export function beside(
  box: Pick<DOMRect, "left" | "right" | "top">,
  width: number,
  height: number,
): { left: number; top: number } {
  const right = box.right + 8;
  const left = right + SIDE_PX > width ? box.left - 8 - SIDE_PX : right;
  return { left: Math.max(4, left), top: Math.max(4, Math.min(box.top, height - SIDE_PX - 8)) };
}
