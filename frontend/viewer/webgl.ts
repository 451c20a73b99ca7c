/** Cells drawn by WebGL 2: a chunk's columns are uploaded once as they came, labels beside them, and drawn tile by tile. */

import { t } from "../shared/catalogue";
import type { Schema } from "../shared/types";
import type { Chunk } from "./cellstore";
import type { Affine, Box } from "./glue";
import type { Scene } from "./overlay";
import { FRAGMENT, TABLE_WIDTH, VERTEX } from "./shaders";

const MARKS = ["circle", "square", "triangle", "diamond", "plus", "bar", "cross", "star"];
const STATES: Record<string, number> = { "": 0, confirmed: 1, relabelled: 2, rejected: 3 };
const UNIFORMS = ["along_x", "along_y", "origin", "size", "threshold", "ringed", "table", "opacity", "ratio"] as const;

interface OnCard {
  cells: WebGLBuffer;
  labels: WebGLBuffer;
  /** Class (255: none) and state of each row. */
  label: Uint8Array;
  labelled: boolean;
}

export class WebGlCells {
  private readonly cards = new Map<Chunk, OnCard>();
  private readonly at: Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
  private labels: Scene["labels"] | null = null;
  private schema: Schema | null = null;
  private hidden: ReadonlySet<number> | null = null;

  /** Raises Error where the programs cannot be made. */
  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly ratio: number,
  ) {
    const program = linked(gl);
    // biome-ignore lint/correctness/useHookAtTopLevel: WebGL has a function of that name
    gl.useProgram(program);
    this.at = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]),
    ) as typeof this.at;
    gl.uniform1i(this.at.table, 0);
    gl.uniform1f(this.at.ratio, ratio);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    for (let location = 0; location < 7; location++) {
      gl.enableVertexAttribArray(location);
      gl.vertexAttribDivisor(location, 1);
    }
  }

  clear(): void {
    const { gl } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  draw(scene: Scene, affine: Affine, view: Box, ringed: boolean): void {
    const { gl, at } = this;
    this.clear();
    this.forget(scene);
    this.table(scene);
    this.relabel(scene);
    const [a, b, c, d, e, f] = affine;
    gl.uniform2f(at.along_x, a, b);
    gl.uniform2f(at.along_y, c, d);
    gl.uniform2f(at.origin, e, f);
    gl.uniform2f(at.size, gl.drawingBufferWidth / this.ratio, gl.drawingBufferHeight / this.ratio);
    gl.uniform1f(at.threshold, scene.threshold * 255);
    gl.uniform1i(at.ringed, ringed ? 1 : 0);
    gl.uniform1f(at.opacity, scene.opacity);
    for (const chunk of scene.store.chunks.values()) {
      if (!chunk.n || !meets(chunk.box, view, 100)) continue;
      const card = this.card(chunk, scene);
      for (const [first, count] of spans(chunk, scene, view)) {
        this.point(card, chunk.n, first);
        gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
      }
    }
  }

  /** Attributes from a row of a chunk on: the columns stand one after the other, as they came. */
  private point(card: OnCard, n: number, first: number): void {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, card.cells);
    gl.vertexAttribPointer(0, 1, gl.FLOAT, false, 4, 4 * first);
    gl.vertexAttribPointer(1, 1, gl.FLOAT, false, 4, 4 * n + 4 * first);
    gl.vertexAttribPointer(2, 1, gl.UNSIGNED_SHORT, false, 2, 8 * n + 2 * first);
    gl.vertexAttribPointer(3, 1, gl.UNSIGNED_SHORT, false, 2, 10 * n + 2 * first);
    gl.vertexAttribPointer(4, 1, gl.UNSIGNED_BYTE, false, 1, 12 * n + first);
    gl.vertexAttribPointer(5, 1, gl.UNSIGNED_BYTE, false, 1, 13 * n + first);
    gl.bindBuffer(gl.ARRAY_BUFFER, card.labels);
    gl.vertexAttribPointer(6, 2, gl.UNSIGNED_BYTE, false, 2, 2 * first);
  }

  private card(chunk: Chunk, scene: Scene): OnCard {
    const existing = this.cards.get(chunk);
    if (existing) return existing;
    const { gl } = this;
    const cells = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, cells);
    gl.bufferData(gl.ARRAY_BUFFER, chunk.x.buffer as ArrayBuffer, gl.STATIC_DRAW);
    const label = new Uint8Array(2 * chunk.n);
    const card = { cells, labels: gl.createBuffer(), label, labelled: false };
    this.cards.set(chunk, card);
    this.write(chunk, card, scene);
    return card;
  }

  /** Labels into the rows of a chunk; of a running job there are none. */
  private write(chunk: Chunk, card: OnCard, scene: Scene): void {
    const { gl } = this;
    for (let i = 0; i < chunk.n; i++) {
      card.label[2 * i] = 255;
      card.label[2 * i + 1] = 0;
    }
    card.labelled = false;
    if (chunk.first >= 0)
      for (const [row, { label, state }] of scene.labels) {
        const i = row - chunk.first;
        if (i < 0 || i >= chunk.n) continue;
        card.label[2 * i] = label ?? 255;
        card.label[2 * i + 1] = STATES[state] ?? 0;
        card.labelled = true;
      }
    gl.bindBuffer(gl.ARRAY_BUFFER, card.labels);
    gl.bufferData(gl.ARRAY_BUFFER, card.label, gl.DYNAMIC_DRAW);
  }

  private relabel(scene: Scene): void {
    if (this.labels === scene.labels) return;
    const rows = [...scene.labels.keys()];
    for (const [chunk, card] of this.cards) {
      const touched = card.labelled || rows.some((row) => row >= chunk.first && row < chunk.first + chunk.n);
      if (touched) this.write(chunk, card, scene);
    }
    this.labels = scene.labels;
  }

  /** Colours, marks and what is hidden, as a small texture. */
  private table({ schema, hidden }: Scene): void {
    if (this.schema === schema && this.hidden === hidden) return;
    const raw = new Uint8Array(TABLE_WIDTH * 2 * 4);
    for (const { index, colour, mark } of schema.classes) {
      const rgb = Number.parseInt(colour.slice(1), 16);
      raw.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, Math.max(0, MARKS.indexOf(mark))], 4 * index);
      raw[4 * (TABLE_WIDTH + index)] = hidden.has(index) ? 255 : 0;
    }
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, TABLE_WIDTH, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, raw);
    this.schema = schema;
    this.hidden = hidden;
  }

  /** Buffers of chunks that the store no longer holds. */
  private forget({ store }: Scene): void {
    for (const [chunk, card] of this.cards) {
      if (store.chunks.get(chunk.key) === chunk) continue;
      this.gl.deleteBuffer(card.cells);
      this.gl.deleteBuffer(card.labels);
      this.cards.delete(chunk);
    }
  }
}

function meets(box: Box, view: Box, margin: number): boolean {
  return !(
    box[0] > view[2] + margin ||
    box[2] < view[0] - margin ||
    box[1] > view[3] + margin ||
    box[3] < view[1] - margin
  );
}

/** Row and number of cells of each run of a chunk's tiles that meet the view; the whole chunk where it has no tiles. */
export function spans(chunk: Chunk, { index }: Pick<Scene, "index">, view: Box): [number, number][] {
  if (!index || chunk.first < 0) return [[0, chunk.n]];
  const side = index.tile_px;
  const pieces: [number, number][] = [];
  for (const [tx, ty, first, count] of index.tiles) {
    if (first < chunk.first || first >= chunk.first + chunk.n) continue;
    if (!meets([tx * side, ty * side, (tx + 1) * side, (ty + 1) * side], view, 100)) continue;
    const from = first - chunk.first;
    const last = pieces[pieces.length - 1];
    if (last && last[0] + last[1] === from) last[1] += count;
    else pieces.push([from, count]);
  }
  return pieces;
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error(t("The graphics display (WebGL) has failed; reload the page."));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`program of the layer: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  return program;
}
