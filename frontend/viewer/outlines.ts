/** Draws cells by their own outlines, in level-0 px under the slide's transform: a path a style, built again only when what is
 * shown changes, so that moving the slide costs strokes alone. */

import { addContour } from "./contours";
import type { Affine, Box } from "./glue";
import { scaleOf } from "./glue";
import { eachShown, type Scene } from "./overlay";

/** Share of the view by which more is built than is seen: a slow pan builds nothing. */
const AROUND = 0.35;

interface Built {
  scene: Scene;
  version: number;
  box: Box;
  paths: Map<string, Path2D>;
}

export class Outlines {
  private built: Built | null = null;

  constructor(private readonly ratio: number) {}

  /** Every shown cell of the view: by its outline, where that is not here by its ring. */
  draw(context: CanvasRenderingContext2D, scene: Scene, at: Affine, view: Box): void {
    const { built } = this;
    const fresh = built?.scene === scene && built.version === scene.store.version && holds(built.box, view);
    const now = fresh && built ? built : build(scene, view);
    this.built = now;
    const scale = scaleOf(at);
    const [a, b, c, d, e, f] = at.map((v) => v * this.ratio) as unknown as Affine;
    context.setTransform(a, b, c, d, e, f);
    context.lineJoin = "round";
    for (const [key, path] of now.paths) {
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
}

function build(scene: Scene, view: Box): Built {
  const [left, top, right, bottom] = view;
  const [dx, dy] = [(right - left) * AROUND, (bottom - top) * AROUND];
  const box: Box = [left - dx, top - dy, right + dx, bottom + dy];
  const paths = new Map<string, Path2D>();
  const { contours } = scene.store;
  eachShown(scene, box, (chunk, i, known, state) => {
    const key = state === "rejected" ? "#555555-" : state ? `${known.colour}!` : known.colour;
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
  return { scene, version: scene.store.version, box, paths };
}

function holds(outer: Box, inner: Box): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}
