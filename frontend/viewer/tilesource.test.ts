import { describe, expect, it, vi } from "vitest";

vi.mock("openseadragon", () => ({ default: { Point: class {} } }));

import type { TileAccess } from "../shared/types";
import { ahead } from "./prefetch";
import { TileGrid } from "./tilesource";

const level = (number: number, width: number, height: number, tile: number) => ({
  number,
  width,
  height,
  tile_width: tile,
  tile_height: tile,
  columns: Math.ceil(width / tile),
  rows: Math.ceil(height / tile),
});
const access = {
  base: "/tiles/abc/def/",
  width: 1600,
  height: 1800,
  levels: [level(2, 100, 112, 256), level(1, 400, 450, 256), level(0, 1600, 1800, 240)],
} as unknown as TileAccess;

describe("the file's own grid", () => {
  const grid = new TileGrid(access);
  it("has its own scale and tile size at each level", () => {
    expect([grid.scale(0), grid.scale(1), grid.scale(2)]).toEqual([0.0625, 0.25, 1]);
    expect(grid.tileSize(2)).toEqual([240, 240]);
    expect(grid.grid(2)).toEqual([7, 8]);
  });
  it("addresses the file's level and carries no token", () => {
    expect(grid.url(2, 3, 4)).toBe("/tiles/abc/def/0/3_4.jpg");
  });
  it("takes the coarsest level that is sharp enough", () => {
    expect(grid.levelFor(0.05)).toBe(0);
    expect(grid.levelFor(0.13)).toBe(1);
    expect(grid.levelFor(1)).toBe(2);
  });
  it("names the tiles that meet a rectangle and none outside the slide", () => {
    expect(grid.tilesIn(2, [230, 0, 250, 10])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(grid.tilesIn(1, [-500, -500, 9000, 9000])).toHaveLength(4);
  });
});

describe("what comes next along the pan", () => {
  it("lies ahead of the movement only", () => {
    expect(ahead([0, 0, 100, 80], [10, 0], 0.5)).toEqual([100, 0, 150, 80]);
    expect(ahead([0, 0, 100, 80], [0, -10], 0.5)).toEqual([0, -40, 100, 0]);
    expect(ahead([0, 0, 100, 80], [0, 0], 0.5)).toBeNull();
  });
});
