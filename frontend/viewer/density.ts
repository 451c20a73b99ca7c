/** Marked cells a square from the density pyramid, counted anew only when other classes are marked. */

import type { CellIndex } from "../shared/types";

/** Screen px below which a square is too small for its number. */
const LEAST_SIDE = 44;

export interface Squares {
  side: number;
  n: number;
  x: Float64Array;
  y: Float64Array;
  count: Float64Array;
  most: number;
}

export class Density {
  private index: CellIndex | null = null;
  private hidden: ReadonlySet<number> | null = null;
  private readonly levels = new Map<number, Squares>();

  /** The finest level whose squares are large enough on the screen, else the coarsest; null where there is none. */
  level(index: CellIndex, hidden: ReadonlySet<number>, scale: number): Squares | null {
    if (this.index !== index || this.hidden !== hidden) {
      this.levels.clear();
      this.index = index;
      this.hidden = hidden;
    }
    const fits = index.pyramid.findIndex((l) => l.tile_px * scale >= LEAST_SIDE);
    const at = fits < 0 ? index.pyramid.length - 1 : fits;
    const level = index.pyramid[at];
    if (!level) return null;
    let squares = this.levels.get(at);
    if (!squares) {
      squares = squaresOf(level, hidden);
      this.levels.set(at, squares);
    }
    return squares;
  }
}

function squaresOf({ tile_px, tiles }: CellIndex["pyramid"][number], hidden: ReadonlySet<number>): Squares {
  const arrays = {
    x: new Float64Array(tiles.length),
    y: new Float64Array(tiles.length),
    count: new Float64Array(tiles.length),
  };
  let n = 0;
  let most = 1;
  for (const [tx, ty, , classes] of tiles) {
    let sum = 0;
    for (const [cls, count] of classes) if (!hidden.has(cls)) sum += count;
    if (!sum) continue;
    arrays.x[n] = (tx + 0.5) * tile_px;
    arrays.y[n] = (ty + 0.5) * tile_px;
    arrays.count[n] = sum;
    most = Math.max(most, sum);
    n += 1;
  }
  return { side: tile_px, n, most, ...arrays };
}
