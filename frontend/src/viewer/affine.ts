import type { Rect } from "./cellindex";

/** Slide px → screen css px: sx = a·x + c·y + e, sy = b·x + d·y + f. */
export interface Affine {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

/** A view: css px per level-0 px, rotation in degrees clockwise, and the slide point at the screen's centre. */
export function affineOf(
  scale: number,
  rotation: number,
  cx: number,
  cy: number,
  width: number,
  height: number,
): Affine {
  const t = (rotation * Math.PI) / 180;
  const a = scale * Math.cos(t);
  const b = scale * Math.sin(t);
  const c = -b;
  const d = a;
  return { a, b, c, d, e: width / 2 - a * cx - c * cy, f: height / 2 - b * cx - d * cy };
}

export function scaleOf(m: Affine): number {
  return Math.hypot(m.a, m.b);
}

export function toScreen(m: Affine, x: number, y: number): [number, number] {
  return [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f];
}

export function toSlide(m: Affine, sx: number, sy: number): [number, number] {
  const det = m.a * m.d - m.b * m.c;
  const u = sx - m.e;
  const v = sy - m.f;
  return [(m.d * u - m.c * v) / det, (m.a * v - m.b * u) / det];
}

/** The upright rectangle of the slide that holds everything a screen of this size shows. */
export function viewRect(m: Affine, width: number, height: number): Rect {
  const corners = [toSlide(m, 0, 0), toSlide(m, width, 0), toSlide(m, 0, height), toSlide(m, width, height)];
  const xs = corners.map((p) => p[0]);
  const ys = corners.map((p) => p[1]);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}
