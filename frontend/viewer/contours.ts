/** Outlines of cells as typed arrays, tile by tile, and the paths that are drawn of them; no DOM but Path2D. */

import { t } from "../shared/catalogue";

export interface ContourChunk {
  /** Row of its first cell, and how many rows it holds. */
  first: number;
  n: number;
  /** Where each row's points begin, in points; one more than rows. */
  starts: Uint32Array;
  /** x, y from the cell's centre, quarter px. */
  deltas: Int16Array;
}

/** Points of each of n rows u2, then all points i2 x, y, little-endian. */
export function unpackContours(raw: ArrayBuffer, first: number, n: number): ContourChunk {
  if (raw.byteLength < 2 * n) throw new Error(t("The outlines are incomplete; reload the page."));
  const counts = new Uint16Array(raw, 0, n);
  const starts = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) starts[i + 1] = (starts[i] as number) + (counts[i] as number);
  if (raw.byteLength !== 2 * n + 4 * (starts[n] as number))
    throw new Error(t("The outlines are incomplete; reload the page."));
  return { first, n, starts, deltas: new Int16Array(raw, 2 * n) };
}

export class ContourStore {
  private readonly chunks: ContourChunk[] = [];
  private readonly loaded = new Set<string>();

  get tiles(): ReadonlySet<string> {
    return this.loaded;
  }

  add(chunk: ContourChunk, tiles: readonly string[]): void {
    this.chunks.push(chunk);
    for (const tile of tiles) this.loaded.add(tile);
  }

  /** The chunk that holds a row; null where its outline is not here yet. */
  of(row: number): ContourChunk | null {
    // Neighbours ask one after another: the last answer is tried first.
    const last = this.last;
    if (last && row >= last.first && row < last.first + last.n) return last;
    this.last = this.chunks.find((c) => row >= c.first && row < c.first + c.n) ?? null;
    return this.last;
  }
  private last: ContourChunk | null = null;
}

/** Adds a row's outline to a path in level-0 px; false where it has none. */
export function addContour(path: Path2D, chunk: ContourChunk, row: number, x: number, y: number): boolean {
  const i = row - chunk.first;
  const [from, to] = [chunk.starts[i] as number, chunk.starts[i + 1] as number];
  if (to - from < 3) return false;
  const { deltas } = chunk;
  path.moveTo(x + (deltas[2 * from] as number) / 4, y + (deltas[2 * from + 1] as number) / 4);
  for (let k = from + 1; k < to; k++)
    path.lineTo(x + (deltas[2 * k] as number) / 4, y + (deltas[2 * k + 1] as number) / 4);
  path.closePath();
  return true;
}
