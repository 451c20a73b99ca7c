/** An outline that is drawn by hand: thinned while it grows, and written for the server; level-0 px, no DOM. */

import type { Point } from "./glue";

/** The server takes 500. */
const MOST_CORNERS = 240;

/** The outline with another point, unless that is nearer to the last one than `least`. */
export function grown(points: readonly Point[], next: Point, least: number): readonly Point[] {
  const last = points[points.length - 1];
  return last && Math.hypot(next[0] - last[0], next[1] - last[1]) < least ? points : [...points, next];
}

/** At most MOST_CORNERS of the corners, evenly chosen. */
export function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_CORNERS) return points;
  const step = points.length / MOST_CORNERS;
  return Array.from({ length: MOST_CORNERS }, (_, i) => points[Math.floor(i * step)] as Point);
}

export function outlineText(points: readonly Point[]): string {
  return thinned(points)
    .map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
    .join(" ");
}

/** The upright rectangle around points, as x, y, w, h in whole px within a slide of that size. */
export function around(points: readonly Point[], width: number, height: number): [number, number, number, number] {
  const xs = points.map((p) => Math.min(width, Math.max(0, p[0])));
  const ys = points.map((p) => Math.min(height, Math.max(0, p[1])));
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  return [left, top, Math.floor(Math.max(...xs)) - left, Math.floor(Math.max(...ys)) - top];
}

/** Whether an outline holds a point, by the even-odd rule. */
export function encloses(outline: readonly (readonly number[])[], x: number, y: number): boolean {
  let inside = false;
  for (const [i, [ax = 0, ay = 0]] of outline.entries()) {
    const [bx = 0, by = 0] = outline[(i + 1) % outline.length] ?? [];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
