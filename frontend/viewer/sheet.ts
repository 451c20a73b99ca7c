/** Marks drawn once onto a sheet larger than the view, which a pan then only moves. While the slide turns or its magnification
 * changes, each frame would need a new sheet: then there is none. What takes long is drawn once the slide stands still. */

import type { Affine, Box } from "./glue";
import type { Scene } from "./overlay";

/** Share of the view by which the sheet is larger on each side. */
const AROUND = 0.3;
/** ms for which the slide has to stand still before what takes long is drawn. */
const REST_MS = 120;

type Paint = (context: CanvasRenderingContext2D, at: Affine, view: Box) => void;

interface Drawing {
  scene: Scene;
  version: number;
  at: Affine;
  /** px of the sheet left of and above the view that it was made for. */
  margin: readonly [number, number];
}

export class Sheet {
  private readonly canvas = document.createElement("canvas");
  private drawing: Drawing | null = null;
  private at: Affine | null = null;

  private moved_at_ms = 0;
  private timer = 0;

  /** `wake` asks for another frame. */
  constructor(
    private readonly ratio: number,
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
    if (!before?.every((v, i) => v === at[i])) this.moved_at_ms = now_ms;
    const { width, height } = context.canvas;
    if (!this.drawing || !this.holds(this.drawing, scene, version, at)) {
      const wait_ms = this.moved_at_ms + REST_MS - now_ms;
      if (slow && wait_ms > 0) {
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(this.wake, wait_ms + 1);
        return false;
      }
      if (!before || !sameLinear(before, at)) return false;
      this.make(scene, version, at, view, width, height, paint);
    }
    const drawing = this.drawing as unknown as Drawing;
    const [dx, dy] = this.shift(drawing, at);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.canvas, dx - drawing.margin[0], dy - drawing.margin[1]);
    return true;
  }

  private shift(drawing: Drawing, at: Affine): readonly [number, number] {
    return [Math.round((at[4] - drawing.at[4]) * this.ratio), Math.round((at[5] - drawing.at[5]) * this.ratio)];
  }

  private holds(drawing: Drawing, scene: Scene, version: number, at: Affine): boolean {
    if (drawing.scene !== scene || drawing.version !== version) return false;
    if (!sameLinear(drawing.at, at)) return false;
    const [dx, dy] = this.shift(drawing, at);
    return Math.abs(dx) <= drawing.margin[0] && Math.abs(dy) <= drawing.margin[1];
  }

  private make(
    scene: Scene,
    version: number,
    at: Affine,
    view: Box,
    width: number,
    height: number,
    paint: Paint,
  ): void {
    const margin = [Math.round(width * AROUND), Math.round(height * AROUND)] as const;
    const [wide, high] = [width + 2 * margin[0], height + 2 * margin[1]];
    const context = this.canvas.getContext("2d");
    this.drawing = { scene, version, at, margin };
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    if (!context) return;
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
  }
}

/** Whether two places differ by a shift alone. */
export function sameLinear(one: Affine, other: Affine): boolean {
  return [0, 1, 2, 3].every((i) => Math.abs((one[i] as number) - (other[i] as number)) < 1e-6);
}
