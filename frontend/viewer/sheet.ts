/** Marks drawn once onto a sheet larger than the view, which a pan then only moves, and a zoom or a turn stretches with the slide
 * for as long as the sheet reaches to the view's edges. As soon as the slide stands still they are drawn anew, at their own size. */

import { type Affine, type Box, between, scaleOf, toSlide } from "./glue";
import type { Scene } from "./overlay";

/** Share of the view by which the sheet is larger on each side. */
const AROUND = 0.3;
/** ms for which the slide has to stand still before what was stretched or takes long is drawn. */
const REST_MS = 120;
/** So many times a sheet is enlarged or made smaller before it is drawn anew, though the slide still moves. */
const MOST_STRETCHED = 2.2;
/** For so many ms after it was drawn a sheet goes on without the cells that have come since, while the slide moves. */
const STALE_MS = 500;

type Paint = (context: CanvasRenderingContext2D, at: Affine, view: Box) => void;

interface Drawing {
  scene: Scene;
  version: number;
  at: Affine;
  /** px of the sheet left of and above the view that it was made for. */
  margin: readonly [number, number];
  drawn_at_ms: number;
}

/** When the slide moved last, whatever is drawn of it. */
export class Motion {
  moved_at_ms = 0;
  private at: Affine | null = null;

  note(at: Affine): void {
    if (!this.at?.every((v, i) => v === at[i])) this.moved_at_ms = performance.now();
    this.at = at;
  }
}

export class Sheet {
  private readonly canvas = document.createElement("canvas");
  private drawing: Drawing | null = null;
  private at: Affine | null = null;
  private timer = 0;

  /** `wake` asks for another frame. */
  constructor(
    private readonly ratio: number,
    private readonly motion: Motion,
    private readonly wake: () => void,
  ) {}

  /** Draws what `paint` draws; false, and nothing, where there is no sheet now. `version` grows with what is there to be
   * drawn. `slow`: only once the slide stands still. */
  draw(
    context: CanvasRenderingContext2D,
    scene: Scene,
    version: number,
    at: Affine,
    view: Box,
    slow: boolean,
    paint: Paint,
  ): boolean {
    const before = this.at;
    this.at = at;
    const now_ms = performance.now();
    const { width, height } = context.canvas;
    const wait_ms = this.motion.moved_at_ms + REST_MS - now_ms;
    const same =
      this.drawing?.scene === scene && this.isFresh(this.drawing, version, wait_ms, now_ms) ? this.drawing : null;
    if (same && this.holds(same, at, context.canvas)) {
      this.move(context, same, at);
      if (same.version !== version) this.wakeIn(wait_ms);
      return true;
    }
    if (same && wait_ms > 0 && this.stretch(context, same, at)) {
      this.wakeIn(wait_ms);
      return true;
    }
    if (slow && wait_ms > 0) {
      this.wakeIn(wait_ms);
      return false;
    }
    // A slide that turns would need a sheet a frame; one that is only zoomed goes on with the new sheet.
    if (!before || !(sameLinear(before, at) || (this.drawing && isZoom(before, at)))) return false;
    this.move(context, this.make(scene, version, at, view, width, height, paint), at);
    if (wait_ms > 0) this.wakeIn(wait_ms);
    return true;
  }

  private isFresh(drawing: Drawing, version: number, wait_ms: number, now_ms: number): boolean {
    return drawing.version === version || (wait_ms > 0 && now_ms - drawing.drawn_at_ms < STALE_MS);
  }

  private wakeIn(wait_ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.wake, wait_ms + 1);
  }

  private move(context: CanvasRenderingContext2D, drawing: Drawing, at: Affine): void {
    const [dx, dy] = this.shift(drawing, at);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.canvas, dx - drawing.margin[0], dy - drawing.margin[1]);
  }

  /** Draws the sheet as the slide now lies; false, and nothing, where it would not fill the view or be too coarse. */
  private stretch(context: CanvasRenderingContext2D, drawing: Drawing, at: Affine): boolean {
    const [a, b, c, d, e, f] = between(drawing.at, at);
    const [left, top] = drawing.margin;
    const onCanvas: Affine = [a, b, c, d, this.ratio * e - a * left - c * top, this.ratio * f - b * left - d * top];
    const times = scaleOf(onCanvas);
    if (times > MOST_STRETCHED || times < 1 / MOST_STRETCHED) return false;
    if (!fills(onCanvas, this.canvas, context.canvas)) return false;
    context.setTransform(...onCanvas);
    context.drawImage(this.canvas, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    return true;
  }

  private shift(drawing: Drawing, at: Affine): readonly [number, number] {
    return [Math.round((at[4] - drawing.at[4]) * this.ratio), Math.round((at[5] - drawing.at[5]) * this.ratio)];
  }

  /** Whether the sheet, moved, reaches to every edge of the view, which may have grown since. */
  private holds(drawing: Drawing, at: Affine, view: Size): boolean {
    if (!sameLinear(drawing.at, at)) return false;
    const [dx, dy] = this.shift(drawing, at);
    return fills([1, 0, 0, 1, dx - drawing.margin[0], dy - drawing.margin[1]], this.canvas, view);
  }

  private make(
    scene: Scene,
    version: number,
    at: Affine,
    view: Box,
    width: number,
    height: number,
    paint: Paint,
  ): Drawing {
    const margin = [Math.round(width * AROUND), Math.round(height * AROUND)] as const;
    const [wide, high] = [width + 2 * margin[0], height + 2 * margin[1]];
    const context = this.canvas.getContext("2d");
    const drawing = { scene, version, at, margin, drawn_at_ms: performance.now() };
    this.drawing = drawing;
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    if (!context) return drawing;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, wide, high);
    const [left, top, right, bottom] = view;
    const [dx, dy] = [(right - left) * AROUND, (bottom - top) * AROUND];
    const [a, b, c, d, e, f] = at;
    paint(
      context,
      [a, b, c, d, e + margin[0] / this.ratio, f + margin[1] / this.ratio],
      [left - dx, top - dy, right + dx, bottom + dy],
    );
    return drawing;
  }
}

interface Size {
  width: number;
  height: number;
}

/** Whether a sheet that is drawn by `onCanvas` reaches to every corner of the canvas. */
export function fills(onCanvas: Affine, sheet: Size, { width, height }: Size): boolean {
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ] as const;
  return corners.every(([cx, cy]) => {
    const [x, y] = toSlide(onCanvas, cx, cy);
    return x >= 0 && y >= 0 && x <= sheet.width && y <= sheet.height;
  });
}

/** Whether the slide was enlarged or made smaller from one place to the other, and not turned. */
export function isZoom(one: Affine, other: Affine): boolean {
  const [a, b, c, d] = between(one, other);
  return Math.abs(b) < 1e-6 && Math.abs(c) < 1e-6 && Math.abs(a - d) < 1e-6 && a > 0;
}

/** Whether two places differ by a shift alone. */
export function sameLinear(one: Affine, other: Affine): boolean {
  return [0, 1, 2, 3].every((i) => Math.abs((one[i] as number) - (other[i] as number)) < 1e-6);
}
