/** Cells as typed arrays, in chunks: a tile of the final file, or a field of a running job. No object a cell, no DOM. */

import { t } from "../shared/catalogue";
import type { CellIndex } from "../shared/types";
import { ContourStore } from "./contours";
import { SquareGrid } from "./grid";

export const ROW_BYTES = 14;

/** Half the side of the widest cell that is looked for about a point, level-0 px. */
const WIDEST_PX = 200;

export interface Chunk {
  key: string;
  /** Row of the first cell in the final file; -1 while the job runs. */
  first: number;
  n: number;
  box: [number, number, number, number];
  x: Float32Array;
  y: Float32Array;
  w: Uint16Array;
  h: Uint16Array;
  cls: Uint8Array;
  score: Uint8Array;
  grid: SquareGrid;
}

/** Column slices as the server packs them: x, y f4 | w, h u2 | class, score u1, little-endian. */
export function unpack(raw: ArrayBuffer, key: string, first: number): Chunk {
  const n = raw.byteLength / ROW_BYTES;
  if (!Number.isInteger(n)) throw new Error(t("The list of cells is incomplete; reload the page."));
  const columns = {
    key,
    first,
    n,
    x: new Float32Array(raw, 0, n),
    y: new Float32Array(raw, 4 * n, n),
    w: new Uint16Array(raw, 8 * n, n),
    h: new Uint16Array(raw, 10 * n, n),
    cls: new Uint8Array(raw, 12 * n, n),
    score: new Uint8Array(raw, 13 * n, n),
  };
  const box = bounds(columns);
  return { ...columns, box, grid: new SquareGrid(columns, box) };
}

function bounds(c: Pick<Chunk, "n" | "x" | "y">): [number, number, number, number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < c.n; i++) {
    const x = c.x[i] as number;
    const y = c.y[i] as number;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return [left, top, right, bottom];
}

export interface Range {
  first: number;
  count: number;
  tiles: string[];
}

/** Tiles of the file that meet a rectangle, neighbours in the file joined to one request of at most `most` rows. */
export function rangesFor(
  index: CellIndex,
  view: readonly [number, number, number, number],
  have: ReadonlySet<string>,
  most = 60_000,
): Range[] {
  const [left, top, right, bottom] = view;
  const ranges: Range[] = [];
  for (const [tx, ty, first, count] of index.tiles) {
    const key = `${tx},${ty}`;
    if (have.has(key)) continue;
    const x = tx * index.tile_px;
    const y = ty * index.tile_px;
    if (x > right || y > bottom || x + index.tile_px < left || y + index.tile_px < top) continue;
    const last = ranges[ranges.length - 1];
    if (last && last.first + last.count === first && last.count + count <= most) {
      last.count += count;
      last.tiles.push(key);
    } else {
      ranges.push({ first, count, tiles: [key] });
    }
  }
  return ranges;
}

/** How many cells of the file lie in tiles that meet a rectangle: from the index alone, nothing loaded. */
export function countIn(index: CellIndex, view: readonly [number, number, number, number]): number {
  const [left, top, right, bottom] = view;
  const side = index.tile_px;
  let n = 0;
  for (const [tx, ty, , count] of index.tiles) {
    if (tx * side > right || ty * side > bottom || (tx + 1) * side < left || (ty + 1) * side < top) continue;
    const share =
      ((Math.min(right, (tx + 1) * side) - Math.max(left, tx * side)) *
        (Math.min(bottom, (ty + 1) * side) - Math.max(top, ty * side))) /
      (side * side);
    n += count * Math.min(1, Math.max(0, share));
  }
  return n;
}

export class CellStore {
  readonly chunks = new Map<string, Chunk>();
  readonly contours = new ContourStore();
  private loaded = new Set<string>();

  clear(): void {
    this.chunks.clear();
    this.loaded.clear();
  }

  get tiles(): ReadonlySet<string> {
    return this.loaded;
  }

  /** Grows with each chunk of cells or outlines. */
  get version(): number {
    return this.chunks.size + this.contours.tiles.size;
  }

  add(chunk: Chunk, tiles: readonly string[] = []): void {
    this.chunks.set(chunk.key, chunk);
    for (const tile of tiles) this.loaded.add(tile);
  }

  /** The chunk and offset of a row, where it is loaded. */
  find(row: number): [Chunk, number] | null {
    for (const chunk of this.chunks.values()) {
      if (chunk.first >= 0 && row >= chunk.first && row < chunk.first + chunk.n) return [chunk, row - chunk.first];
    }
    return null;
  }

  /** The cell on which a point lies: within the ellipse of its box, of several the one whose centre is nearest for its size. */
  under(x: number, y: number): [Chunk, number] | null {
    let best: [Chunk, number] | null = null;
    let least = 1;
    for (const chunk of this.chunks.values()) {
      const [left, top, right, bottom] = chunk.box;
      if (x < left - WIDEST_PX || x > right + WIDEST_PX || y < top - WIDEST_PX || y > bottom + WIDEST_PX) continue;
      chunk.grid.each(x - WIDEST_PX, y - WIDEST_PX, x + WIDEST_PX, y + WIDEST_PX, (i) => {
        const dx = (2 * ((chunk.x[i] as number) - x)) / Math.max(1, chunk.w[i] as number);
        const dy = (2 * ((chunk.y[i] as number) - y)) / Math.max(1, chunk.h[i] as number);
        const away = dx * dx + dy * dy;
        if (away > least) return;
        best = [chunk, i];
        least = away;
      });
    }
    return best;
  }

  /** The cell under a point: the smallest box that holds it, for which `visible` is true. */
  pick(x: number, y: number, visible: (chunk: Chunk, i: number) => boolean): [Chunk, number] | null {
    let best: [Chunk, number] | null = null;
    let area = Infinity;
    for (const chunk of this.chunks.values()) {
      const [left, top, right, bottom] = chunk.box;
      if (x < left - WIDEST_PX || x > right + WIDEST_PX || y < top - WIDEST_PX || y > bottom + WIDEST_PX) continue;
      chunk.grid.each(x - WIDEST_PX, y - WIDEST_PX, x + WIDEST_PX, y + WIDEST_PX, (i) => {
        const w = chunk.w[i] as number;
        const h = chunk.h[i] as number;
        if (Math.abs((chunk.x[i] as number) - x) > w / 2 || Math.abs((chunk.y[i] as number) - y) > h / 2) return;
        if (w * h < area && visible(chunk, i)) {
          best = [chunk, i];
          area = w * h;
        }
      });
    }
    return best;
  }
}
