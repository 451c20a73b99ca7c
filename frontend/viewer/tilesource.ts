/** A slide's tiles as the file has them: its own levels, its own tile sizes, addresses without the token. */

import OpenSeadragon from "openseadragon";
import type { TileAccess } from "../shared/types";

/** The grid of each level, smallest first, and where each tile is; what the viewer and the prefetcher both need. */
export class TileGrid {
  constructor(readonly access: TileAccess) {}

  get maxLevel(): number {
    return this.access.levels.length - 1;
  }

  private level(level: number) {
    const layer = this.access.levels[level];
    if (!layer) throw new Error(`no level ${level}`);
    return layer;
  }

  scale(level: number): number {
    return this.level(level).width / this.access.width;
  }

  tileSize(level: number): [number, number] {
    const { tile_width, tile_height } = this.level(level);
    return [tile_width, tile_height];
  }

  /** Columns and rows as stored: scale times size, rounded, may give one more. */
  grid(level: number): [number, number] {
    const { columns, rows } = this.level(level);
    return [columns, rows];
  }

  url(level: number, column: number, row: number): string {
    return `${this.access.base}${this.level(level).number}/${column}_${row}.jpg`;
  }

  /** The coarsest level that has at least `least` of its pixels for each pixel of the screen, else the finest. */
  levelFor(screenPxPerSlidePx: number, least = 0.5): number {
    let best = 0;
    for (let level = 0; level <= this.maxLevel; level++) {
      if (screenPxPerSlidePx / this.scale(level) >= least) best = level;
    }
    return best;
  }

  /** Tiles of a level that meet a rectangle of the slide (level-0 px). */
  tilesIn(level: number, [left, top, right, bottom]: readonly [number, number, number, number]): [number, number][] {
    const scale = this.scale(level);
    const [w, h] = this.tileSize(level);
    const [columns, rows] = this.grid(level);
    const first = (v: number, side: number) => Math.max(0, Math.floor((v * scale) / side));
    const last = (v: number, side: number, n: number) => Math.min(n - 1, Math.floor((v * scale) / side));
    const tiles: [number, number][] = [];
    for (let y = first(top, h); y <= last(bottom, h, rows); y++)
      for (let x = first(left, w); x <= last(right, w, columns); x++) tiles.push([x, y]);
    return tiles;
  }
}

export function tileSource(grid: TileGrid): OpenSeadragon.TileSourceOptions {
  const { width, height, base } = grid.access;
  const source = {
    width,
    height,
    minLevel: 0,
    maxLevel: grid.maxLevel,
    tileOverlap: 0,
    getLevelScale: (level: number) => grid.scale(level),
    getTileWidth: (level: number) => grid.tileSize(level)[0],
    getTileHeight: (level: number) => grid.tileSize(level)[1],
    getNumTiles: (level: number) => new OpenSeadragon.Point(...grid.grid(level)),
    getTileUrl: (level: number, x: number, y: number) => grid.url(level, x, y),
    getTileHashKey: (level: number, x: number, y: number) => `${base}${level}/${x}_${y}`,
  };
  return source as unknown as OpenSeadragon.TileSourceOptions;
}
