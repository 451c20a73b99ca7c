/** Cells by their own outlines; those whose outline is not here, by rings. */

import { addContour } from "./contours";
import { type Affine, type Box, scaleOf } from "./glue";
import { eachShown, type Scene } from "./overlay";

/** `ratio`: px of the canvas a css px. */
export function drawOutlines(
  context: CanvasRenderingContext2D,
  scene: Scene,
  at: Affine,
  view: Box,
  ratio: number,
): void {
  const scale = scaleOf(at);
  const [a, b, c, d, e, f] = at.map((v) => v * ratio) as unknown as Affine;
  context.setTransform(a, b, c, d, e, f);
  context.lineJoin = "round";
  for (const [key, path] of pathsOf(scene, view)) {
    const by_person = key.endsWith("!");
    context.setLineDash(key.endsWith("-") ? [3 / scale, 3 / scale] : []);
    context.lineWidth = (by_person ? 4 : 3.2) / scale;
    context.strokeStyle = "rgba(255,255,255,0.7)";
    context.stroke(path);
    context.lineWidth = (by_person ? 2.4 : 1.6) / scale;
    context.strokeStyle = key.slice(0, 7);
    context.stroke(path);
  }
  context.setLineDash([]);
}

/** A path a style, level-0 px. */
function pathsOf(scene: Scene, view: Box): Map<string, Path2D> {
  const paths = new Map<string, Path2D>();
  const { contours } = scene.store;
  eachShown(scene, view, (chunk, i, cellClass, state) => {
    const key = state === "rejected" ? "#555555-" : state ? `${cellClass.colour}!` : cellClass.colour;
    let path = paths.get(key);
    if (!path) {
      path = new Path2D();
      paths.set(key, path);
    }
    const [x, y] = [chunk.x[i] as number, chunk.y[i] as number];
    const row = chunk.first + i;
    const contour = chunk.first >= 0 ? contours.of(row) : null;
    if (contour && addContour(path, contour, row, x, y)) return;
    const [rx, ry] = [(chunk.w[i] as number) / 2 + 2, (chunk.h[i] as number) / 2 + 2];
    path.moveTo(x + rx, y);
    path.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
  });
  return paths;
}
