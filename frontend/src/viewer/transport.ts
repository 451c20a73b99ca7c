/**
 * The binary slice of cells: column after column, little-endian, 14 bytes a cell
 * (x f4, y f4, w u2, h u2, class u1, score u1); x, y are centres in level-0 px.
 */

export const BYTES_PER_CELL = 14;

export interface CellColumns {
  n: number;
  x: Float32Array;
  y: Float32Array;
  w: Uint16Array;
  h: Uint16Array;
  cls: Uint8Array;
  /** The machine's probability of its class × 255. */
  score: Uint8Array;
}

/** Columns of `buffer`; throws when its length is not a whole number of cells or not `expected` of them. */
export function decodeCells(buffer: ArrayBuffer, expected?: number): CellColumns {
  const n = buffer.byteLength / BYTES_PER_CELL;
  if (!Number.isInteger(n)) throw new RangeError(`${buffer.byteLength} bytes are not a whole number of cells`);
  if (expected !== undefined && n !== expected)
    throw new RangeError(`${n} cells came where ${expected} were asked for`);
  if (littleEndian) {
    return {
      n,
      x: new Float32Array(buffer, 0, n),
      y: new Float32Array(buffer, 4 * n, n),
      w: new Uint16Array(buffer, 8 * n, n),
      h: new Uint16Array(buffer, 10 * n, n),
      cls: new Uint8Array(buffer, 12 * n, n),
      score: new Uint8Array(buffer, 13 * n, n),
    };
  }
  const view = new DataView(buffer);
  return {
    n,
    x: Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * i, true)),
    y: Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * (n + i), true)),
    w: Uint16Array.from({ length: n }, (_, i) => view.getUint16(8 * n + 2 * i, true)),
    h: Uint16Array.from({ length: n }, (_, i) => view.getUint16(10 * n + 2 * i, true)),
    cls: new Uint8Array(buffer, 12 * n, n),
    score: new Uint8Array(buffer, 13 * n, n),
  };
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
