/** Where a place of the slide is on the screen, at every angle, zoom and flip; no DOM, no viewer. */

/** Level-0 px to css px of the canvas: [a, b, c, d, e, f] as in a canvas transform. */
export type Affine = [number, number, number, number, number, number];
export type Point = readonly [number, number];
/** Left, top, right, bottom in level-0 px. */
export type Box = readonly [number, number, number, number];

/** The transform that sends (0, 0), (side, 0) and (0, side) of the slide to three places of the screen. */
export function affineOf(origin: Point, alongX: Point, alongY: Point, side: number): Affine {
  return [
    (alongX[0] - origin[0]) / side,
    (alongX[1] - origin[1]) / side,
    (alongY[0] - origin[0]) / side,
    (alongY[1] - origin[1]) / side,
    origin[0],
    origin[1],
  ];
}

/** The same on a screen of that width seen in a mirror. */
export function mirrored([a, b, c, d, e, f]: Affine, width_px: number): Affine {
  return [-a, b, -c, d, width_px - e, f];
}

export function toScreen([a, b, c, d, e, f]: Affine, x: number, y: number): Point {
  return [a * x + c * y + e, b * x + d * y + f];
}

export function toSlide([a, b, c, d, e, f]: Affine, x: number, y: number): Point {
  const det = a * d - b * c;
  return [(d * (x - e) - c * (y - f)) / det, (a * (y - f) - b * (x - e)) / det];
}

/** The transform that sends what stands on the screen at `from` to where it stands at `to`. */
export function between(from: Affine, to: Affine): Affine {
  const det = from[0] * from[3] - from[1] * from[2];
  const [a, b, c, d] = [from[3] / det, -from[1] / det, -from[2] / det, from[0] / det];
  const linear = [to[0] * a + to[2] * b, to[1] * a + to[3] * b, to[0] * c + to[2] * d, to[1] * c + to[3] * d] as const;
  return [
    ...linear,
    to[4] - linear[0] * from[4] - linear[2] * from[5],
    to[5] - linear[1] * from[4] - linear[3] * from[5],
  ];
}

/** Screen px a slide px. */
export function scaleOf(at: Affine): number {
  return Math.hypot(at[0], at[1]);
}

/** The upright rectangle of the slide that holds everything a screen of that size shows. */
export function inView(at: Affine, width_px: number, height_px: number): Box {
  const corners = [
    toSlide(at, 0, 0),
    toSlide(at, width_px, 0),
    toSlide(at, 0, height_px),
    toSlide(at, width_px, height_px),
  ];
  const xs = corners.map((p) => p[0]);
  const ys = corners.map((p) => p[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
