/** The index of a final cell file: which rows lie in which tile, and true counts at coarser levels. */

export type TileRow = [tx: number, ty: number, firstRow: number, count: number];
export type DensityTile = [tx: number, ty: number, total: number, perClass: [cls: number, n: number][]];

export interface CellIndex {
  job: string;
  n: number;
  schema: string;
  tile_px: number;
  tiles: TileRow[];
  pyramid: { tile_px: number; tiles: DensityTile[] }[];
}

/** A rectangle in level-0 px. */
export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Rows [first, first + count) that one request fetches. */
export interface RowBlock {
  first: number;
  count: number;
}

/** Tiles fetched together. Fixed groups, so that every visit asks for the same addresses and the cache answers. */
export const TILES_PER_BLOCK = 16;

export function blocksOf(index: CellIndex): RowBlock[] {
  const blocks: RowBlock[] = [];
  for (let i = 0; i < index.tiles.length; i += TILES_PER_BLOCK) {
    const group = index.tiles.slice(i, i + TILES_PER_BLOCK);
    const first = group[0]![2];
    const last = group[group.length - 1]!;
    blocks.push({ first, count: last[2] + last[3] - first });
  }
  return blocks;
}

export function blockOfTile(tile: number): number {
  return Math.floor(tile / TILES_PER_BLOCK);
}

/** Positions in `index.tiles` of the tiles that a rectangle touches; `margin` px covers cells whose box reaches over. */
export function tilesInView(index: CellIndex, view: Rect, margin = 0): number[] {
  const size = index.tile_px;
  const x0 = Math.floor((view.x - margin) / size);
  const x1 = Math.floor((view.x + view.w + margin) / size);
  const y0 = Math.floor((view.y - margin) / size);
  const y1 = Math.floor((view.y + view.h + margin) / size);
  const found: number[] = [];
  for (let i = 0; i < index.tiles.length; i++) {
    const tile = index.tiles[i]!;
    if (tile[0] >= x0 && tile[0] <= x1 && tile[1] >= y0 && tile[1] <= y1) found.push(i);
  }
  return found;
}

export function cellsIn(index: CellIndex, tiles: number[]): number {
  let n = 0;
  for (const i of tiles) n += index.tiles[i]![3];
  return n;
}

/** More cells than this in view, or cells smaller than `MIN_CELL_PX` on screen, and the density is shown instead. */
export const MAX_CELLS_IN_VIEW = 30_000;
/** Spacing of cells on screen (css px) under which single marks would only cover each other. */
export const MIN_SPACING_PX = 5;
/** A square of the density must be wide enough for its number. */
export const MIN_SQUARE_PX = 40;

/** True when single cells are to be drawn. `areaPx2` is the screen area the view covers in css px². */
export function showsCells(cellsInView: number, areaPx2: number): boolean {
  if (cellsInView > MAX_CELLS_IN_VIEW) return false;
  return cellsInView === 0 || Math.sqrt(areaPx2 / cellsInView) >= MIN_SPACING_PX;
}

/** The finest level of the pyramid whose squares are at least `minPx` wide at `scale` css px per level-0 px. */
export function densityLevel(index: CellIndex, scale: number, minPx = MIN_SQUARE_PX): number {
  let best = -1;
  let coarsest = -1;
  for (const [i, level] of index.pyramid.entries()) {
    if (level.tile_px * scale >= minPx && (best < 0 || level.tile_px < index.pyramid[best]!.tile_px)) best = i;
    if (coarsest < 0 || level.tile_px > index.pyramid[coarsest]!.tile_px) coarsest = i;
  }
  return best < 0 ? coarsest : best;
}

/** Count of the shown classes in a square; `shown[class]` is 1 where the class is switched on. */
export function shownCount(tile: DensityTile, shown: Uint8Array): number {
  let n = 0;
  for (const [cls, count] of tile[3]) if (shown[cls]) n += count;
  return n;
}
