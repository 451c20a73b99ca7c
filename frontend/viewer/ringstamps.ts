/** Rings drawn once for each colour and size, then stamped: a thousand ellipses a frame are too many for a canvas. */

/** css px to which half axes are rounded. */
const STEP = 1.5;
const MOST = 4000;

export class RingStamps {
  /** By key, then by both half axes in steps: a text a cell would take longer than its stamp. */
  private readonly stamps = new Map<string, Map<number, HTMLCanvasElement>>();
  private n = 0;
  private angle = 0;

  constructor(private readonly ratio: number) {}

  /** Whether the slide stands at the angle (radians) of the draw before; stamps of another angle are thrown away. */
  settle(angle: number): boolean {
    const same = Math.abs(angle - this.angle) < 1e-4;
    if (!same) this.clear();
    this.angle = angle;
    return same;
  }

  /** `key`: a colour such as #56b4e9, then `!` where a person has named the cell, `-` where they rejected it. */
  stamp(key: string, rx: number, ry: number): HTMLCanvasElement {
    const [a, b] = [Math.round(rx / STEP), Math.round(ry / STEP)];
    let sizes = this.stamps.get(key);
    let stamp = sizes?.get(a * MOST + b);
    if (!stamp) {
      if (this.n >= MOST) this.clear();
      sizes = this.stamps.get(key) ?? new Map();
      this.stamps.set(key, sizes);
      stamp = this.draw(key, a * STEP, b * STEP);
      sizes.set(a * MOST + b, stamp);
      this.n += 1;
    }
    return stamp;
  }

  private clear(): void {
    this.stamps.clear();
    this.n = 0;
  }

  private draw(key: string, rx: number, ry: number): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil((2 * Math.max(rx, ry) + 6) * this.ratio);
    const context = canvas.getContext("2d");
    if (!context) return canvas;
    context.scale(this.ratio, this.ratio);
    const middle = canvas.width / this.ratio / 2;
    const path = new Path2D();
    path.ellipse(middle, middle, rx, ry, this.angle, 0, 2 * Math.PI);
    strokeRing(context, key, path);
    return canvas;
  }
}

/** A ring of a class's colour on a pale one; wider where a person has named the cell, dashed where they rejected it. */
export function strokeRing(context: CanvasRenderingContext2D, key: string, path: Path2D): void {
  const by_person = key.endsWith("!");
  context.setLineDash(key.endsWith("-") ? [3, 3] : []);
  context.lineWidth = by_person ? 4 : 3.2;
  context.strokeStyle = "rgba(255,255,255,0.7)";
  context.stroke(path);
  context.lineWidth = by_person ? 2.4 : 1.6;
  context.strokeStyle = key.slice(0, 7);
  context.stroke(path);
}
