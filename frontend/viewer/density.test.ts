import { describe, expect, it } from "vitest";
import type { CellIndex } from "../shared/types";
import { Density } from "./density";

const index = {
  n: 12,
  tile_px: 1024,
  tiles: [],
  pyramid: [
    {
      tile_px: 256,
      tiles: [
        [
          0,
          0,
          7,
          [
            [0, 5],
            [1, 2],
          ],
        ],
        [3, 0, 5, [[0, 5]]],
      ],
    },
    {
      tile_px: 512,
      tiles: [
        [
          0,
          0,
          7,
          [
            [0, 5],
            [1, 2],
          ],
        ],
        [1, 0, 5, [[0, 5]]],
      ],
    },
    {
      tile_px: 1024,
      tiles: [
        [
          0,
          0,
          12,
          [
            [0, 10],
            [1, 2],
          ],
        ],
      ],
    },
  ],
} as unknown as CellIndex;

const sum = (squares: { n: number; count: Float64Array } | null) =>
  squares ? squares.count.slice(0, squares.n).reduce((a, b) => a + b, 0) : 0;

describe("counts far out", () => {
  it("are true at every zoom, and coarse where squares would be small", () => {
    const density = new Density();
    for (const [scale, side] of [
      [1, 256],
      [0.1, 512],
      [0.05, 1024],
      [0.001, 1024],
    ] as const) {
      const level = density.level(index, new Set(), scale);
      expect([level?.side, sum(level)]).toEqual([side, 12]);
    }
  });
  it("are of the classes that are marked", () => {
    const density = new Density();
    const hidden = new Set([0]);
    expect(sum(density.level(index, hidden, 1))).toBe(2);
    expect(density.level(index, hidden, 1)?.n).toBe(1);
    expect(sum(density.level(index, new Set([1]), 1))).toBe(10);
  });
});
