import { describe, expect, it } from "vitest";
import type { CellIndex } from "../shared/types";
import { CellStore, countIn, ROW_BYTES, rangesFor, unpack } from "./cellstore";

function packed(cells: [number, number, number, number, number, number][]): ArrayBuffer {
  const n = cells.length;
  const raw = new ArrayBuffer(n * ROW_BYTES);
  const view = new DataView(raw);
  cells.forEach(([x, y, w, h, cls, score], i) => {
    view.setFloat32(4 * i, x, true);
    view.setFloat32(4 * n + 4 * i, y, true);
    view.setUint16(8 * n + 2 * i, w, true);
    view.setUint16(10 * n + 2 * i, h, true);
    view.setUint8(12 * n + i, cls);
    view.setUint8(13 * n + i, score);
  });
  return raw;
}

const index: CellIndex = {
  n: 60,
  tile_px: 1024,
  tiles: [
    [0, 0, 0, 10],
    [1, 0, 10, 20],
    [5, 5, 30, 30],
  ],
  pyramid: [],
};

describe("cells from the wire", () => {
  it("come back as they were packed", () => {
    const chunk = unpack(
      packed([
        [10.5, 20.25, 30, 40, 7, 255],
        [1, 2, 3, 4, 5, 6],
      ]),
      "k",
      100,
    );
    expect([chunk.x[0], chunk.y[0], chunk.w[0], chunk.h[0], chunk.cls[0], chunk.score[0]]).toEqual([
      10.5, 20.25, 30, 40, 7, 255,
    ]);
    expect(chunk.box).toEqual([1, 2, 10.5, 20.25]);
    expect(() => unpack(new ArrayBuffer(15), "k", 0)).toThrow("incomplete");
  });
  it("are fetched for the tiles in view, neighbours together, none twice", () => {
    expect(rangesFor(index, [0, 0, 2000, 900], new Set())).toEqual([{ first: 0, count: 30, tiles: ["0,0", "1,0"] }]);
    expect(rangesFor(index, [0, 0, 2000, 900], new Set(["0,0"]))).toEqual([{ first: 10, count: 20, tiles: ["1,0"] }]);
    expect(rangesFor(index, [9000, 9000, 9999, 9999], new Set())).toEqual([]);
  });
  it("are counted from the index alone", () => {
    expect(countIn(index, [0, 0, 2048, 1024])).toBe(30);
    expect(countIn(index, [0, 0, 512, 1024])).toBe(5);
  });
  it("are picked by the smallest box under the pointer that is shown", () => {
    const store = new CellStore();
    store.add(
      unpack(
        packed([
          [50, 50, 60, 60, 1, 200],
          [55, 50, 10, 10, 2, 200],
        ]),
        "k",
        0,
      ),
    );
    expect(store.pick(55, 50, () => true)?.[1]).toBe(1);
    expect(store.pick(55, 50, (c, i) => c.cls[i] === 1)?.[1]).toBe(0);
    expect(store.pick(500, 500, () => true)).toBeNull();
    expect(store.find(1)?.[1]).toBe(1);
  });
});
