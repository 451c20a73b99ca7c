/** Draws cells, fields and counts on one canvas above the slide. */

import { markSprite } from "../shared/marks";
import type { AddedCell, Card, CellIndex, Region, Schema } from "../shared/types";
import type { CellStore, Chunk } from "./cellstore";
import { countIn } from "./cellstore";

/** Level-0 px to css px of the canvas: [a, b, c, d, e, f] as in a canvas transform. */
export type Affine = [number, number, number, number, number, number];

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
  selected: Card | null;
}

/** More cells than this in view are drawn as true counts a tile, never as a silent sample. */
export const MOST_DRAWN = 9000;

export class Overlay {
  private sprites = new Map<string, HTMLCanvasElement>();
  drawn = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly ratio: number,
  ) {}

  draw(scene: Scene, at: Affine, view: [number, number, number, number]): "cells" | "counts" {
    const context = this.canvas.getContext("2d");
    if (!context) return "cells";
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const scale = Math.hypot(at[0], at[1]);
    if (scene.showRegions) this.drawRegions(context, scene, at, scale);
    context.globalAlpha = scene.opacity;
    const many = scene.index !== null && countIn(scene.index, view) > MOST_DRAWN;
    if (many) this.drawCounts(context, scene, at, view, scale);
    else this.drawCells(context, scene, at, view, scale);
    context.globalAlpha = 1;
    this.drawAdded(context, scene, at, scale);
    this.drawSelected(context, scene, at);
    return many ? "counts" : "cells";
  }

  private drawCells(
    context: CanvasRenderingContext2D,
    scene: Scene,
    at: Affine,
    view: [number, number, number, number],
    scale: number,
  ): void {
    const [left, top, right, bottom] = view;
    const size = scale > 0.5 ? 11 : scale > 0.2 ? 9 : 6;
    const outlined = scale > 0.33;
    const paths = new Map<string, Path2D>();
    const stamps: [HTMLCanvasElement, number, number][] = [];
    const least = scene.threshold * 255;
    const turned = Math.abs(at[1]) > 1e-6;
    this.drawn = 0;
    for (const chunk of scene.store.chunks.values()) {
      const [cl, ct, cr, cb] = chunk.box;
      if (cl > right + 100 || cr < left - 100 || ct > bottom + 100 || cb < top - 100) continue;
      for (let i = 0; i < chunk.n; i++) {
        const x = chunk.x[i] as number;
        const y = chunk.y[i] as number;
        if (x < left || x > right || y < top || y > bottom) continue;
        const label = chunk.first >= 0 ? scene.labels.get(chunk.first + i) : undefined;
        if (!label && (chunk.score[i] as number) < least) continue;
        const cls = label?.label ?? (chunk.cls[i] as number);
        if (scene.hidden.has(cls)) continue;
        const known = scene.schema.classes[cls];
        if (!known) continue;
        this.drawn += 1;
        const sx = at[0] * x + at[2] * y + at[4];
        const sy = at[1] * x + at[3] * y + at[5];
        const rejected = label?.state === "rejected";
        const mark = rejected ? "cross" : known.mark;
        const colour = rejected ? "#555555" : known.colour;
        const sprite = this.sprite(mark, colour, size);
        if (!outlined) {
          stamps.push([sprite, sx, sy]);
          continue;
        }
        const half_w = ((chunk.w[i] as number) / 2 + 2) * scale;
        const half_h = ((chunk.h[i] as number) / 2 + 2) * scale;
        const key = `${colour}${label ? "!" : ""}`;
        let path = paths.get(key);
        if (!path) {
          path = new Path2D();
          paths.set(key, path);
        }
        const radius = Math.max(half_w, half_h);
        if (turned) {
          path.moveTo(sx + radius, sy);
          path.arc(sx, sy, radius, 0, 2 * Math.PI);
          stamps.push([sprite, sx + radius * 0.75, sy - radius * 0.75]);
        } else {
          path.roundRect(sx - half_w, sy - half_h, 2 * half_w, 2 * half_h, Math.min(half_w, half_h) * 0.45);
          stamps.push([sprite, sx + half_w - 2, sy - half_h + 2]);
        }
      }
    }
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const [key, path] of paths) {
      context.lineWidth = key.endsWith("!") ? 3.4 : 2.6;
      context.strokeStyle = "rgba(255,255,255,0.75)";
      context.stroke(path);
      context.lineWidth = key.endsWith("!") ? 2.2 : 1.4;
      context.strokeStyle = key.slice(0, 7);
      context.stroke(path);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [sprite, x, y] of stamps) {
      context.drawImage(
        sprite,
        Math.round(x * this.ratio - sprite.width / 2),
        Math.round(y * this.ratio - sprite.height / 2),
      );
    }
  }

  /** True counts per square, from the density pyramid: coarse squares far out, fine ones nearer. */
  private drawCounts(
    context: CanvasRenderingContext2D,
    scene: Scene,
    at: Affine,
    view: [number, number, number, number],
    scale: number,
  ): void {
    const levels = scene.index?.pyramid ?? [];
    const level = levels.find((l) => l.tile_px * scale >= 44) ?? levels[levels.length - 1];
    if (!level) return;
    const side = level.tile_px;
    const [left, top, right, bottom] = view;
    let most = 1;
    const shown: [number, number, number][] = [];
    for (const [tx, ty, , classes] of level.tiles) {
      let n = 0;
      for (const [cls, count] of classes) if (!scene.hidden.has(cls)) n += count;
      if (!n) continue;
      if (n > most) most = n;
      const x = (tx + 0.5) * side;
      const y = (ty + 0.5) * side;
      if (x + side > left && x - side < right && y + side > top && y - side < bottom) shown.push([x, y, n]);
    }
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const half = (side * scale) / 2 - 1;
    for (const [x, y, n] of shown) {
      const sx = at[0] * x + at[2] * y + at[4];
      const sy = at[1] * x + at[3] * y + at[5];
      const text = String(n);
      context.fillStyle = `rgba(0, 60, 130, ${0.08 + 0.22 * Math.sqrt(n / most)})`;
      context.fillRect(sx - half, sy - half, 2 * half, 2 * half);
      context.font = "600 11px system-ui, sans-serif";
      const wide = context.measureText(text).width + 8;
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
      const corners = [
        [r.x, r.y],
        [r.x + r.w, r.y],
        [r.x + r.w, r.y + r.h],
        [r.x, r.y + r.h],
      ].map(([x, y]) => [at[0] * x! + at[2] * y! + at[4], at[1] * x! + at[3] * y! + at[5]] as const);
      context.beginPath();
      corners.forEach(([x, y], i) => {
        if (i) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
      context.closePath();
      const used = r.used && r.done;
      context.setLineDash(used ? [] : [5, 4]);
      context.lineWidth = used ? 1.8 : 1;
      context.strokeStyle = used ? "#0a5fb4" : "rgba(90,90,90,0.8)";
      context.stroke();
      const text = used ? "" : r.reason || (r.used ? "waiting" : "");
      if (text && r.w * scale > 70) {
        const [x, y] = corners[0]!;
        const wide = context.measureText(text).width + 8;
        context.fillStyle = "rgba(255,255,255,0.82)";
        context.fillRect(x + 3, y + 3, wide, 16);
        context.fillStyle = "#444";
        context.fillText(text, x + 7, y + 5);
      }
    }
    context.setLineDash([]);
  }

  private drawAdded(context: CanvasRenderingContext2D, scene: Scene, at: Affine, scale: number): void {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const cell of scene.added) {
      const known = cell.label === null ? undefined : scene.schema.classes[cell.label];
      if (!known || scene.hidden.has(known.index)) continue;
      const sx = at[0] * cell.x + at[2] * cell.y + at[4];
      const sy = at[1] * cell.x + at[3] * cell.y + at[5];
      context.lineWidth = 2.4;
      context.strokeStyle = known.colour;
      context.setLineDash([6, 3]);
      context.beginPath();
      context.arc(sx, sy, (Math.max(cell.w, cell.h) / 2 + 2) * scale, 0, 2 * Math.PI);
      context.stroke();
      context.setLineDash([]);
    }
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
      const sx = at[0] * x + at[2] * y + at[4];
      const sy = at[1] * x + at[3] * y + at[5];
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

export function isShown(scene: Scene, chunk: Chunk, i: number): boolean {
  const label = chunk.first >= 0 ? scene.labels.get(chunk.first + i) : undefined;
  if (!label && (chunk.score[i] as number) < scene.threshold * 255) return false;
  return !scene.hidden.has(label?.label ?? (chunk.cls[i] as number));
}
