/** Places that people mark on a slide, in level-0 px: what they measure, and how they are drawn. */

import { fixed } from "../shared/format";
import { type Affine, type Point, toScreen } from "./glue";

export type ShapeKind = "point" | "line" | "rectangle" | "polygon";

export interface Shape {
  kind: ShapeKind;
  points: readonly Point[];
  text: string;
}

/** Points after which a shape is whole; null where the reader says when. */
export const WHOLE_AT: Record<ShapeKind, number | null> = { point: 1, line: 2, rectangle: 2, polygon: null };

/** The corners of a shape in order; a rectangle's stand upright on the slide. */
export function cornersOf({ kind, points }: Pick<Shape, "kind" | "points">): readonly Point[] {
  const [a, b] = points;
  if (kind !== "rectangle" || !a || !b) return points;
  return [a, [b[0], a[1]], b, [a[0], b[1]]];
}

export function lengthOf(points: readonly Point[]): number {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] as Point, points[i] as Point];
    sum += Math.hypot(b[0] - a[0], b[1] - a[1]);
  }
  return sum;
}

export function areaOf(corners: readonly Point[]): number {
  let sum = 0;
  corners.forEach(([x, y], i) => {
    const [u, v] = corners[(i + 1) % corners.length] as Point;
    sum += x * v - u * y;
  });
  return Math.abs(sum) / 2;
}

/** 12.4 µm; 153 µm²; in px where µm/px is not known; "" for a point. */
export function measureText(shape: Pick<Shape, "kind" | "points">, mpp: number | null): string {
  if (shape.kind === "point") return "";
  if (shape.kind === "line") {
    const px = lengthOf(shape.points);
    return mpp ? lengthInUm(px * mpp) : `${Math.round(px)} px`;
  }
  const corners = cornersOf(shape);
  if (corners.length < 3) return "";
  const px2 = areaOf(corners);
  return mpp ? areaInUm2(px2 * mpp * mpp) : `${Math.round(px2)} px²`;
}

function lengthInUm(um: number): string {
  return um >= 1000 ? `${fixed(um / 1000, 2)} mm` : `${fixed(um, um < 100 ? 1 : 0)} µm`;
}

function areaInUm2(um2: number): string {
  return um2 >= 1e5 ? `${fixed(um2 / 1e6, 3)} mm²` : `${fixed(um2, um2 < 100 ? 1 : 0)} µm²`;
}

const INK = "#0b6a3a";
const DRAFT = "#d6006c";

/** One shape with its text; `pointer` is where the next point of a draft would be. */
export function drawShape(
  context: CanvasRenderingContext2D,
  at: Affine,
  shape: Shape,
  mpp: number | null,
  draft: boolean,
  pointer: Point | null,
): void {
  const points = draft && pointer ? [...shape.points, pointer] : shape.points;
  const corners = cornersOf({ ...shape, points }).map(([x, y]) => toScreen(at, x, y));
  const first = corners[0];
  if (!first) return;
  context.beginPath();
  if (shape.kind === "point") context.arc(first[0], first[1], 5, 0, 2 * Math.PI);
  else for (const [x, y] of corners) context.lineTo(x, y); // the first one begins the path
  if (shape.kind === "rectangle" || (shape.kind === "polygon" && corners.length > 2)) context.closePath();
  context.lineJoin = "round";
  context.lineWidth = 5;
  context.strokeStyle = "rgba(255,255,255,0.9)";
  context.stroke();
  context.lineWidth = 2.2;
  context.strokeStyle = draft ? DRAFT : INK;
  context.stroke();
  const text = [shape.text, measureText({ ...shape, points }, mpp)].filter(Boolean).join(" · ");
  if (text) label(context, text, corners);
}

function label(context: CanvasRenderingContext2D, text: string, corners: readonly Point[]): void {
  const x = Math.max(...corners.map((p) => p[0])) + 8;
  const y = Math.min(...corners.map((p) => p[1]));
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = "rgba(255,255,255,0.9)";
  context.fillRect(x - 4, y - 9, context.measureText(text).width + 8, 18);
  context.fillStyle = "#10243d";
  context.fillText(text, x, y + 0.5);
}
