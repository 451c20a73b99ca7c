import type { AddedCell, LabelRow } from "../shared/types";
import { blockOfTile, blocksOf, type CellIndex, type Rect, type RowBlock, tilesInView } from "./cellindex";
import { STATE, stateCode } from "./marks";
import type { CellColumns } from "./transport";

/** The label of a row nobody has relabelled. */
export const NO_LABEL = 255;

/**
 * All cells of one finished job as columns. A cell's place in the columns is its row in the file, so a label given
 * by a person is one byte changed, and nothing is allocated per cell.
 */
export class CellStore {
  readonly index: CellIndex;
  readonly blocks: RowBlock[];
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly w: Uint16Array;
  readonly h: Uint16Array;
  /** The machine's class. */
  readonly cls: Uint8Array;
  /** The class that counts: the person's where there is one, else the machine's. */
  readonly label: Uint8Array;
  readonly state: Uint8Array;
  readonly score: Uint8Array;
  added: AddedCell[] = [];
  private readonly have: Uint8Array;

  constructor(index: CellIndex) {
    const n = index.n;
    this.index = index;
    this.blocks = blocksOf(index);
    this.x = new Float32Array(n);
    this.y = new Float32Array(n);
    this.w = new Uint16Array(n);
    this.h = new Uint16Array(n);
    this.cls = new Uint8Array(n).fill(NO_LABEL);
    this.label = new Uint8Array(n).fill(NO_LABEL);
    this.state = new Uint8Array(n);
    this.score = new Uint8Array(n);
    this.have = new Uint8Array(this.blocks.length);
  }

  /** Puts a fetched block in its place; labels that came earlier stay. */
  put(block: number, cells: CellColumns): void {
    const { first, count } = this.blocks[block]!;
    if (cells.n !== count) throw new RangeError(`block ${block} has ${count} cells, ${cells.n} came`);
    this.x.set(cells.x, first);
    this.y.set(cells.y, first);
    this.w.set(cells.w, first);
    this.h.set(cells.h, first);
    this.cls.set(cells.cls, first);
    this.score.set(cells.score, first);
    for (let row = first; row < first + count; row++) {
      if (this.label[row] === NO_LABEL) this.label[row] = this.cls[row]!;
    }
    this.have[block] = 1;
  }

  hasTile(tile: number): boolean {
    return this.have[blockOfTile(tile)] === 1;
  }

  hasBlock(block: number): boolean {
    return this.have[block] === 1;
  }

  /** Blocks still to fetch before every tile of a view can be drawn. */
  missingBlocks(tiles: number[]): number[] {
    const missing = new Set<number>();
    for (const tile of tiles) {
      const block = blockOfTile(tile);
      if (!this.have[block]) missing.add(block);
    }
    return [...missing];
  }

  /** Takes what people said; a row without a state goes back to the machine's class. */
  applyLabels(rows: LabelRow[]): void {
    for (const { row, label, state } of rows) {
      if (row < 0 || row >= this.index.n) continue;
      const code = stateCode(state);
      this.state[row] = code;
      this.label[row] = code === STATE.machine || label === null ? this.cls[row]! : label;
    }
  }

  /** The row under a point (level-0 px) whose centre is nearest, or -1. Rows failing `accept` are looked through. */
  pick(px: number, py: number, reachPx: number, accept: (row: number) => boolean): number {
    const view: Rect = { x: px, y: py, w: 0, h: 0 };
    let best = -1;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (const tile of tilesInView(this.index, view, 128)) {
      if (!this.hasTile(tile)) continue;
      const [, , first, count] = this.index.tiles[tile]!;
      for (let row = first; row < first + count; row++) {
        const dx = Math.abs(this.x[row]! - px);
        const dy = Math.abs(this.y[row]! - py);
        if (dx > Math.max(this.w[row]! / 2, reachPx) || dy > Math.max(this.h[row]! / 2, reachPx)) continue;
        const distance = dx * dx + dy * dy;
        if (distance < bestDistance && accept(row)) {
          best = row;
          bestDistance = distance;
        }
      }
    }
    return best;
  }

  pickAdded(px: number, py: number): AddedCell | null {
    return this.added.find((c) => Math.abs(c.x - px) <= c.w / 2 && Math.abs(c.y - py) <= c.h / 2) ?? null;
  }
}

/** Cells of the finished fields of a job that still runs: chunks in the order the fields came. */
export class LiveCells {
  private readonly chunks = new Map<number, CellColumns>();

  put(field: number, cells: CellColumns): void {
    this.chunks.set(field, cells);
  }

  has(field: number): boolean {
    return this.chunks.has(field);
  }

  get n(): number {
    let n = 0;
    for (const chunk of this.chunks.values()) n += chunk.n;
    return n;
  }

  entries(): IterableIterator<[number, CellColumns]> {
    return this.chunks.entries();
  }
}
