/** Draws cells, fields and counts on one canvas above the slide. */

import { t } from "../shared/catalogue";
import { certainty, LABEL_STATES } from "../shared/format";
import { markSprite } from "../shared/marks";
import type { AddedCell, Card, CellClass, CellIndex, Region, Schema } from "../shared/types";
import type { CellStore, Chunk } from "./cellstore";
import { countIn } from "./cellstore";
import { Density } from "./density";
import { type Affine, type Box, type Point, scaleOf, toScreen } from "./glue";
import { drawOutlines } from "./outlines";
import { RingStamps, strokeRing } from "./ringstamps";
import { drawShape, type Shape } from "./shapes";
import { Motion, Sheet } from "./sheet";
import type { WebGlCells } from "./webgl";

/** What is drawn of a chosen cell: its outline, or its box where it has none. */
export type Chosen = Pick<Card, "x" | "y" | "w" | "h"> & Partial<Pick<Card, "contour">>;

export interface Scene {
  store: CellStore;
  index: CellIndex | null;
  schema: Schema;
  hidden: ReadonlySet<number>;
  threshold: number;
  opacity: number;
  regions: readonly Region[];
  showRegions: boolean;
  labels: ReadonlyMap<number, { label: number | null; state: string }>;
  added: readonly AddedCell[];
  /** The chosen cell. */
  selected: Chosen | null;
  /** Places that people marked, and the one that is being drawn. */
  shapes: readonly Shape[];
  draft: Shape | null;
  mpp: number | null;
  /** Where a missed cell is about to be added, with the side of its box. */
  place: { x: number; y: number; side_px: number } | null;
}

/** More cells than this in view are drawn as true counts a tile, never as a silent sample. */
export const MOST_DRAWN = 9000;
/** Of so many cells in view the outlines are loaded and drawn; of more, rings. */
export const MOST_OUTLINED = 3000;

/** Screen px a slide px from which a cell wears a ring, and from which its class stands below it. */
const RINGED = 0.2;
const NAMED = 0.9;
/** Screen px a slide px from which an outline is more than a ring. */
export const OUTLINED = 0.35;
/** Screen px a slide px below which rings of about one size are stamped, not drawn one by one. */
const STAMPED = 1.3;

export class Overlay {
  private readonly sprites = new Map<string, HTMLCanvasElement>();
  private readonly names = new Map<string, HTMLCanvasElement>();
  private readonly density = new Density();
  private readonly rings: RingStamps;
  private readonly motion = new Motion();
  private readonly outlines: Sheet;
  private readonly ringed: Sheet;

  /** `webgl` draws the cells below the canvas, which then holds what is written; without it the canvas draws both. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly ratio: number,
    private webgl: WebGlCells | null = null,
    wake: () => void = () => {},
  ) {
    this.rings = new RingStamps(ratio);
    this.outlines = new Sheet(ratio, this.motion, wake);
    this.ringed = new Sheet(ratio, this.motion, wake);
  }

  /** From now on on the canvas alone: the graphics card is gone. */
  withoutWebGl(): void {
    this.webgl = null;
  }

  /** `pointer`: where the next point of a shape that is being drawn would be, level-0 px. */
  draw(scene: Scene, at: Affine, view: Box, pointer: Point | null = null): "cells" | "counts" {
    const context = this.canvas.getContext("2d");
    if (!context) return "cells";
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.motion.note(at);
    const scale = scaleOf(at);
    if (scene.showRegions) this.drawRegions(context, scene, at, scale);
    context.globalAlpha = scene.opacity;
    const many = scene.index !== null && countIn(scene.index, view) > MOST_DRAWN;
    if (many) {
      this.webgl?.clear();
      this.drawCounts(context, scene, at, view, scale);
    } else this.drawNear(context, scene, at, view, scale);
    context.globalAlpha = 1;
    this.drawAdded(context, scene, at, scale);
    this.drawSelected(context, scene, at);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const shape of scene.shapes) drawShape(context, at, shape, scene.mpp, false, null);
    if (scene.draft) drawShape(context, at, scene.draft, scene.mpp, true, pointer);
    if (scene.place) this.drawPlace(context, scene.place, at, scale);
    return many ? "counts" : "cells";
  }

  /** Cells one by one: by outlines where few lie in view, else by rings. At rest and while the slide is panned they stand on a
   * sheet; a graphics card draws rings as quickly without one. */
  private drawNear(context: CanvasRenderingContext2D, scene: Scene, at: Affine, view: Box, scale: number): void {
    const outlined = scale > OUTLINED && scene.index !== null && countIn(scene.index, view) <= MOST_OUTLINED;
    const writeNames = (on: CanvasRenderingContext2D, there: Affine, around: Box) => {
      if (scale > NAMED) this.drawNames(on, scene, there, around, scale);
    };
    const outlines =
      outlined &&
      this.outlines.draw(context, scene, scene.store.version, at, view, true, (sheet, there, around) => {
        drawOutlines(sheet, scene, there, around, this.ratio);
        writeNames(sheet, there, around);
      });
    if (outlines) this.webgl?.clear();
    else if (this.webgl) {
      this.webgl.draw(scene, at, view, scale > RINGED);
      writeNames(context, at, view);
    } else {
      const rings = (on: CanvasRenderingContext2D, there: Affine, around: Box) => {
        this.drawCells(on, scene, there, around, scale);
        writeNames(on, there, around);
      };
      if (!this.ringed.draw(context, scene, scene.store.chunks.size, at, view, false, rings)) rings(context, at, view);
    }
  }

  /** Rings that follow each cell's box at its own angle; far out, where a ring says nothing, the class's mark. */
  private drawCells(context: CanvasRenderingContext2D, scene: Scene, at: Affine, view: Box, scale: number): void {
    const ringed = scale > RINGED;
    const angle = Math.atan2(at[1], at[0]);
    // Near, few cells are seen and each has its own ellipse; a turning slide would need new stamps in each frame.
    const stamped = scale < STAMPED && this.rings.settle(angle);
    const paths = new Map<string, Path2D>();
    const stamps: [HTMLCanvasElement, number, number][] = [];
    eachShown(scene, view, (chunk, i, cellClass, state) => {
      const [sx, sy] = toScreen(at, chunk.x[i] as number, chunk.y[i] as number);
      const rejected = state === "rejected";
      const colour = rejected ? "#555555" : cellClass.colour;
      if (!ringed) {
        stamps.push([this.sprite(rejected ? "cross" : cellClass.mark, colour, 7), sx, sy]);
        return;
      }
      const key = rejected ? `${colour}-` : state ? `${colour}!` : colour;
      const rx = ((chunk.w[i] as number) / 2 + 2) * scale;
      const ry = ((chunk.h[i] as number) / 2 + 2) * scale;
      if (stamped) {
        stamps.push([this.rings.stamp(key, rx, ry), sx, sy]);
        return;
      }
      let path = paths.get(key);
      if (!path) {
        path = new Path2D();
        paths.set(key, path);
      }
      const ring = new Path2D();
      ring.ellipse(sx, sy, rx, ry, angle, 0, 2 * Math.PI);
      path.addPath(ring);
    });
    this.strokeRings(context, paths);
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [sprite, x, y] of stamps) this.stamp(context, sprite, x, y);
  }

  /** Short names below the cells: each name is written once and then stamped. */
  private drawNames(context: CanvasRenderingContext2D, scene: Scene, at: Affine, view: Box, scale: number): void {
    context.setTransform(1, 0, 0, 1, 0, 0);
    eachShown(scene, view, (chunk, i, cellClass, state) => {
      const [sx, sy] = toScreen(at, chunk.x[i] as number, chunk.y[i] as number);
      const below = (Math.max(chunk.w[i] as number, chunk.h[i] as number) / 2 + 2) * scale + 3;
      this.stamp(context, this.nameSprite(state === "rejected" ? "rejected" : cellClass.short), sx, sy + below + 7);
    });
  }

  private stamp(context: CanvasRenderingContext2D, sprite: HTMLCanvasElement, x: number, y: number): void {
    context.drawImage(
      sprite,
      Math.round(x * this.ratio - sprite.width / 2),
      Math.round(y * this.ratio - sprite.height / 2),
    );
  }

  private strokeRings(context: CanvasRenderingContext2D, paths: ReadonlyMap<string, Path2D>): void {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const [key, path] of paths) strokeRing(context, key, path);
    context.setLineDash([]);
  }

  private nameSprite(text: string): HTMLCanvasElement {
    let sprite = this.names.get(text);
    if (sprite) return sprite;
    sprite = document.createElement("canvas");
    const context = sprite.getContext("2d");
    if (!context) return sprite;
    const font = "600 11px system-ui, sans-serif";
    context.font = font;
    sprite.width = Math.ceil((context.measureText(text).width + 6) * this.ratio);
    sprite.height = Math.ceil(16 * this.ratio);
    context.scale(this.ratio, this.ratio);
    context.font = font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = "rgba(255,255,255,0.9)";
    context.fillStyle = "#10243d";
    context.strokeText(text, sprite.width / this.ratio / 2, 8);
    context.fillText(text, sprite.width / this.ratio / 2, 8);
    this.names.set(text, sprite);
    return sprite;
  }

  /** What the models called, counted per square, from the density pyramid: coarse squares far out, fine ones nearer. */
  private drawCounts(context: CanvasRenderingContext2D, scene: Scene, at: Affine, view: Box, scale: number): void {
    const level = scene.index ? this.density.level(scene.index, scene.hidden, scale) : null;
    if (!level) return;
    const { side, most, n: total } = level;
    const [left, top, right, bottom] = view;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.font = "600 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const half = side / 2 - 1 / scale;
    const digit = context.measureText("0").width;
    for (let i = 0; i < total; i++) {
      const [x, y, n] = [level.x[i] as number, level.y[i] as number, level.count[i] as number];
      if (x + side <= left || x - side >= right || y + side <= top || y - side >= bottom) continue;
      const [sx, sy] = toScreen(at, x, y);
      context.fillStyle = `rgba(0, 60, 130, ${(0.08 + 0.22 * Math.sqrt(n / most)).toFixed(3)})`;
      trace(context, at, x - half, y - half, x + half, y + half);
      context.fill();
      const text = String(n);
      const wide = digit * text.length + 8;
      context.fillStyle = "rgba(255,255,255,0.85)";
      context.fillRect(sx - wide / 2, sy - 8, wide, 16);
      context.fillStyle = "#10243d";
      context.fillText(text, sx, sy + 0.5);
    }
  }

  private drawRegions(context: CanvasRenderingContext2D, scene: Scene, at: Affine, scale: number): void {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.font = "500 11px system-ui, sans-serif";
    context.textBaseline = "top";
    context.textAlign = "left";
    for (const r of scene.regions) {
      trace(context, at, r.x, r.y, r.x + r.w, r.y + r.h);
      const used = r.used && r.done;
      const searched = r.searched === "film";
      context.setLineDash(used ? [] : [5, 4]);
      context.lineWidth = used ? 1.8 : 1;
      context.strokeStyle = used || searched ? "#0a5fb4" : "rgba(90,90,90,0.8)";
      context.stroke();
      this.drawElsewhere(context, r, at);
      const text = used ? "" : searched ? t("nucleated cells counted") : r.reason || (r.used ? t("waiting") : "");
      if (text && r.w * scale > 70) {
        const [x, y] = toScreen(at, r.x, r.y);
        const wide = context.measureText(text).width + 8;
        context.fillStyle = "rgba(255,255,255,0.82)";
        context.fillRect(x + 3, y + 3, wide, 16);
        context.fillStyle = "#444";
        context.fillText(text, x + 7, y + 5);
      }
    }
    context.setLineDash([]);
  }

  /** Shades what another photograph shows, too, and counts: by the even-odd rule, for outlines may be holes of others. */
  private drawElsewhere(context: CanvasRenderingContext2D, region: Region, at: Affine): void {
    if (!region.used || !region.elsewhere.length) return;
    context.beginPath();
    for (const outline of region.elsewhere) {
      for (const [i, [x = 0, y = 0]] of outline.entries()) {
        const [sx, sy] = toScreen(at, x, y);
        if (i) context.lineTo(sx, sy);
        else context.moveTo(sx, sy);
      }
      context.closePath();
    }
    context.fillStyle = "rgba(90,90,90,0.28)";
    context.fill("evenodd");
    context.lineWidth = 1;
    context.setLineDash([5, 4]);
    context.strokeStyle = "rgba(90,90,90,0.8)";
    context.stroke();
  }

  private drawAdded(context: CanvasRenderingContext2D, scene: Scene, at: Affine, scale: number): void {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const cell of scene.added) {
      const cellClass = cell.label === null ? undefined : scene.schema.classes[cell.label];
      if (!cellClass || scene.hidden.has(cellClass.index)) continue;
      const [sx, sy] = toScreen(at, cell.x, cell.y);
      context.lineWidth = 2.4;
      context.strokeStyle = cellClass.colour;
      context.setLineDash([6, 3]);
      context.beginPath();
      context.arc(sx, sy, (Math.max(cell.w, cell.h) / 2 + 2) * scale, 0, 2 * Math.PI);
      context.stroke();
      context.setLineDash([]);
    }
  }

  private drawPlace(
    context: CanvasRenderingContext2D,
    place: { x: number; y: number; side_px: number },
    at: Affine,
    scale: number,
  ): void {
    const [sx, sy] = toScreen(at, place.x, place.y);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.lineWidth = 2.4;
    context.strokeStyle = "#d6006c";
    context.setLineDash([4, 3]);
    context.beginPath();
    context.arc(sx, sy, Math.max(5, (place.side_px / 2) * scale), 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
  }

  private drawSelected(context: CanvasRenderingContext2D, scene: Scene, at: Affine): void {
    const card = scene.selected;
    if (!card) return;
    const points =
      card.contour && card.contour.length > 2
        ? card.contour
        : Array.from({ length: 40 }, (_, i) => {
            const angle = (2 * Math.PI * i) / 40;
            const pair: [number, number] = [
              card.x + (card.w / 2) * 1.1 * Math.cos(angle),
              card.y + (card.h / 2) * 1.1 * Math.sin(angle),
            ];
            return pair;
          });
    const path = new Path2D();
    points.forEach(([x, y], i) => {
      const [sx, sy] = toScreen(at, x, y);
      if (i) path.lineTo(sx, sy);
      else path.moveTo(sx, sy);
    });
    path.closePath();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.lineJoin = "round";
    context.lineWidth = 5;
    context.strokeStyle = "rgba(255,255,255,0.95)";
    context.stroke(path);
    context.lineWidth = 2.4;
    context.strokeStyle = "#d6006c";
    context.stroke(path);
  }

  private sprite(mark: string, colour: string, size: number): HTMLCanvasElement {
    const key = `${mark}${colour}${size}`;
    let sprite = this.sprites.get(key);
    if (!sprite) {
      sprite = markSprite(mark, colour, size, this.ratio);
      this.sprites.set(key, sprite);
    }
    return sprite;
  }
}

/** The outline of an upright rectangle of the slide, wherever the slide is turned to, as the current path. */
function trace(
  context: CanvasRenderingContext2D,
  at: Affine,
  left: number,
  top: number,
  right: number,
  bottom: number,
): void {
  context.beginPath();
  context.moveTo(...toScreen(at, left, top));
  context.lineTo(...toScreen(at, right, top));
  context.lineTo(...toScreen(at, right, bottom));
  context.lineTo(...toScreen(at, left, bottom));
  context.closePath();
}

/** Each marked cell whose outline meets the view, with its class and what people made of it; found by place. */
export function eachShown(
  scene: Scene,
  view: Box,
  visit: (chunk: Chunk, i: number, cellClass: CellClass, state: string) => void,
): void {
  const [left, top, right, bottom] = view;
  for (const chunk of scene.store.chunks.values()) {
    const [cl, ct, cr, cb] = chunk.box;
    if (cl > right + 100 || cr < left - 100 || ct > bottom + 100 || cb < top - 100) continue;
    chunk.grid.each(left - 100, top - 100, right + 100, bottom + 100, (i) => {
      const x = chunk.x[i] as number;
      const y = chunk.y[i] as number;
      // A cell whose centre lies outside the view keeps its outline.
      const rx = (chunk.w[i] as number) / 2 + 2;
      const ry = (chunk.h[i] as number) / 2 + 2;
      if (x < left - rx || x > right + rx || y < top - ry || y > bottom + ry || !isShown(scene, chunk, i)) return;
      const label = chunk.first >= 0 ? scene.labels.get(chunk.first + i) : undefined;
      const cellClass = scene.schema.classes[label?.label ?? (chunk.cls[i] as number)];
      if (cellClass) visit(chunk, i, cellClass, label?.state ?? "");
    });
  }
}

export function isShown(scene: Scene, chunk: Chunk, i: number): boolean {
  const label = chunk.first >= 0 ? scene.labels.get(chunk.first + i) : undefined;
  if (!label && (chunk.score[i] as number) < scene.threshold * 255) return false;
  return !scene.hidden.has(label?.label ?? (chunk.cls[i] as number));
}

/** Class and score of a cell, or what a person made of it, in words. */
export function nameOf(scene: Scene, chunk: Chunk, i: number): string {
  const label = chunk.first >= 0 ? scene.labels.get(chunk.first + i) : undefined;
  const name = scene.schema.classes[label?.label ?? (chunk.cls[i] as number)]?.name ?? "";
  return label
    ? `${name}, ${LABEL_STATES[label.state] ?? label.state}`
    : `${name} ${certainty((chunk.score[i] as number) / 255)}`.trim();
}

/** The id of the cell that a person added at a place (level-0 px), the nearest of several; null where there is none in sight. */
export function addedAt(scene: Pick<Scene, "added" | "hidden">, x: number, y: number): string | null {
  const near = scene.added
    .map((cell) => ({ cell, far: Math.hypot(cell.x - x, cell.y - y) }))
    .filter(({ cell, far }) => far <= Math.max(cell.w, cell.h) / 2 + 2 && !scene.hidden.has(cell.label ?? -1))
    .sort((a, b) => a.far - b.far);
  return near[0]?.cell.id ?? null;
}
