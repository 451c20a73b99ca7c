/** Cells of a chunk by place: rows in squares of the slide, so that what is in view is found without walking over all. */

export const SQUARE_PX = 256;

export interface Placed {
  n: number;
  x: Float32Array;
  y: Float32Array;
}

/** Rows sorted by square; built once a chunk, in one pass over its typed arrays. */
export class SquareGrid {
  private readonly left: number;
  private readonly top: number;
  private readonly columns: number;
  private readonly lines: number;
  private readonly starts: Uint32Array;
  private readonly order: Uint32Array;

  constructor(cells: Placed, [left, top, right, bottom]: readonly [number, number, number, number]) {
    this.left = left;
    this.top = top;
    this.columns = cells.n ? Math.floor((right - left) / SQUARE_PX) + 1 : 0;
    this.lines = cells.n ? Math.floor((bottom - top) / SQUARE_PX) + 1 : 0;
    this.starts = new Uint32Array(this.columns * this.lines + 1);
    this.order = new Uint32Array(cells.n);
    const square = new Uint32Array(cells.n);
    for (let i = 0; i < cells.n; i++) {
      const column = Math.floor(((cells.x[i] as number) - left) / SQUARE_PX);
      const at = Math.floor(((cells.y[i] as number) - top) / SQUARE_PX) * this.columns + column;
      square[i] = at;
      this.starts[at + 1] = (this.starts[at + 1] as number) + 1;
    }
    for (let s = 1; s < this.starts.length; s++) {
      this.starts[s] = (this.starts[s] as number) + (this.starts[s - 1] as number);
    }
    const next = this.starts.slice();
    for (let i = 0; i < cells.n; i++) {
      const at = square[i] as number;
      this.order[next[at] as number] = i;
      next[at] = (next[at] as number) + 1;
    }
  }

  /** Calls `visit` with each row whose centre lies in a square that meets the rectangle; more rows than lie in it. */
  each(left: number, top: number, right: number, bottom: number, visit: (row: number) => void): void {
    const first = Math.max(0, Math.floor((left - this.left) / SQUARE_PX));
    const last = Math.min(this.columns - 1, Math.floor((right - this.left) / SQUARE_PX));
    const from = Math.max(0, Math.floor((top - this.top) / SQUARE_PX));
    const to = Math.min(this.lines - 1, Math.floor((bottom - this.top) / SQUARE_PX));
    for (let line = from; line <= to; line++) {
      if (first > last) return;
      const begin = this.starts[line * this.columns + first] as number;
      const end = this.starts[line * this.columns + last + 1] as number;
      for (let i = begin; i < end; i++) visit(this.order[i] as number);
    }
  }
}
