/** What is on the screen as a picture with a scale bar. */

import { lengthText, scaleBar } from "./scalebar";

/** Draws layers over each other, and a bar in the corner where µm/px is known; sizes in device px. */
export function composed(
  layers: readonly HTMLCanvasElement[],
  um_per_px: number | null,
  ratio: number,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const [lowest] = layers;
  canvas.width = lowest?.width ?? 0;
  canvas.height = lowest?.height ?? 0;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of layers) context.drawImage(layer, 0, 0, canvas.width, canvas.height);
  if (um_per_px === null) return canvas;
  const bar = scaleBar(um_per_px, 150);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [x, y] = [16, canvas.height / ratio - 18];
  context.fillStyle = "rgba(255,255,255,0.85)";
  context.fillRect(x - 8, y - 24, bar.px + 16, 34);
  context.fillStyle = "#10243d";
  context.fillRect(x, y, bar.px, 3);
  context.font = "600 13px system-ui, sans-serif";
  context.textBaseline = "bottom";
  context.fillText(lengthText(bar.um), x, y - 2);
  return canvas;
}

/** Hands a canvas out as a PNG file. */
export function saved(canvas: HTMLCanvasElement, name: string): void {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
