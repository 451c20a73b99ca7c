import type { Mark } from "../shared/types";

/** Outlines of the marks in a box from -10 to 10; one geometry for the canvas sprites and the legend's icons. */
export const MARK_PATHS: Record<Mark, string> = {
  circle: "M8 0A8 8 0 1 1 -8 0A8 8 0 1 1 8 0Z",
  square: "M-7 -7H7V7H-7Z",
  triangle: "M0 -8.5L8.5 7H-8.5Z",
  diamond: "M0 -9.5L8.5 0L0 9.5L-8.5 0Z",
  plus: "M-3 -8.5H3V-3H8.5V3H3V8.5H-3V3H-8.5V-3H-3Z",
  cross: "M-8 -4.5L-4.5 -8L0 -3.5L4.5 -8L8 -4.5L3.5 0L8 4.5L4.5 8L0 3.5L-4.5 8L-8 4.5L-3.5 0Z",
  star: "M0 -9.5L2.5 -3.2L9.2 -2.9L4 1.3L5.8 7.8L0 4.1L-5.8 7.8L-4 1.3L-9.2 -2.9L-2.5 -3.2Z",
  bar: "M-9 -3.5H9V3.5H-9Z",
};

/** What a person has said of a cell, as the overlay stores it in one byte. */
export const STATE = { machine: 0, confirmed: 1, relabelled: 2, rejected: 3, added: 4 } as const;
export type StateCode = (typeof STATE)[keyof typeof STATE];
export const N_STATES = 5;

export function stateCode(state: string): StateCode {
  return state in STATE ? STATE[state as keyof typeof STATE] : STATE.machine;
}

/** True where a mark needs a dark edge to stand out on white (relative luminance above one half). */
export function isPale(colour: string): boolean {
  const channel = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16) / 255;
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) > 0.5;
}

export interface SpriteSheet {
  canvas: HTMLCanvasElement;
  /** Edge of one sprite in device px; sprite (class, state) lies at (class × edge, state × edge). */
  edge: number;
}

/**
 * Draws each (class, state) once. Machine marks are hollow, a person's are filled with a white edge, so that
 * reviewed cells stand out without colour.
 */
export function spriteSheet(classes: { colour: string; mark: Mark }[], sizePx: number, ratio: number): SpriteSheet {
  const edge = Math.ceil((sizePx + 4) * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = edge * Math.max(1, classes.length);
  canvas.height = edge * N_STATES;
  const ctx = canvas.getContext("2d");
  if (!ctx) return { canvas, edge };
  const scale = (sizePx * ratio) / 20;
  for (const [i, cls] of classes.entries()) {
    const path = new Path2D(MARK_PATHS[cls.mark] ?? MARK_PATHS.circle);
    for (let state = 0; state < N_STATES; state++) {
      ctx.save();
      ctx.translate(i * edge + edge / 2, state * edge + edge / 2);
      ctx.scale(scale, scale);
      drawMark(ctx, path, cls.colour, state as StateCode);
      ctx.restore();
    }
  }
  return { canvas, edge };
}

function drawMark(ctx: CanvasRenderingContext2D, path: Path2D, colour: string, state: StateCode): void {
  ctx.lineJoin = "round";
  if (state === STATE.rejected) {
    const cross = new Path2D("M-7 -7L7 7M7 -7L-7 7");
    ctx.lineWidth = 5;
    ctx.strokeStyle = "#ffffff";
    ctx.stroke(cross);
    ctx.lineWidth = 2.5;
    ctx.strokeStyle = "#444444";
    ctx.stroke(cross);
    return;
  }
  const person = state !== STATE.machine;
  ctx.lineWidth = person ? 6 : 5;
  ctx.strokeStyle = person ? "#ffffff" : "rgba(0,0,0,0.65)";
  ctx.stroke(path);
  if (person) {
    ctx.fillStyle = colour;
    ctx.fill(path);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = "#1c2430";
    ctx.stroke(path);
    return;
  }
  ctx.lineWidth = 3;
  ctx.strokeStyle = colour;
  ctx.stroke(path);
}
