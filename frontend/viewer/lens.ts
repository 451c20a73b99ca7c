/** The slide under OpenSeadragon with the cells drawn above it: where things are, what a click means, which tiles are needed. */

import OpenSeadragon from "openseadragon";
import type { CellName } from "../gallery/keyof";
import { getBytes } from "../shared/api";
import { line } from "../shared/line";
import type { TileAccess } from "../shared/types";
import { countIn, rangesFor, unpack } from "./cellstore";
import { unpackContours } from "./contours";
import { type Affine, affineOf, type Box, inView, mirrored, type Point, scaleOf, toSlide } from "./glue";
import { grown } from "./outline";
import { addedAt, isShown, MOST_OUTLINED, nameOf, OUTLINED, Overlay, type Scene } from "./overlay";
import { Prefetcher } from "./prefetch";
import { umPerPx } from "./scalebar";
import { composed } from "./snapshot";
import { hasGraphicsCard } from "./software";
import { TileGrid, tileSource } from "./tilesource";
import { WebGlCells } from "./webgl";

const NOWHERE = [-1e6, -1e6] as const;
const TURN_DEGREES = 45;
const MOST_LOADED = 120_000;
/** Outlines asked for at once. */
const MOST_CONTOURS = 5000;
/** Screen px a slide px below which a cell is too small to be pointed at. */
const LEAST_HOVER = 0.1;
/** Screen px between two points of an outline that is drawn by hand. */
const LEAST_STROKE_PX = 4;

/** What the page wants of the viewer at this moment; read anew at each event. */
export interface Wishes {
  scene: Scene;
  jobId: string | null;
  addMode: boolean;
  /** Dragging draws an outline and does not move the slide. */
  drawMode: boolean;
  /** A cell by its row in the cell file, or by its id where a person added it; null where there is none. */
  onPick(cell: CellName | null): void;
  onAdd(x: number, y: number, screen: readonly [number, number]): void;
  onDraw(points: readonly Point[], complete: boolean, screen: readonly [number, number]): void;
  onMoved(): void;
  /** At each frame, where the slide stands. */
  onFrame?(place: Place): void;
}

export interface Place {
  x: number;
  y: number;
  z: number;
  turn_degrees: number;
  flip: boolean;
}

export interface Signals {
  wishes(): Wishes;
  /** Takes a click as one on the bare picture; false where nobody asked for that. */
  takes(x: number, y: number): boolean;
  onView(um_per_px: number, mode: "cells" | "counts"): void;
  onTileFailed(): void;
  onOpenFailed(): void;
}

/** A tiled image that says when the tiles of the view are there. */
type Loading = OpenSeadragon.TiledImage & { whenFullyLoaded(then: () => void): void };

export class Lens {
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly canvas = document.createElement("canvas");
  private readonly cells = document.createElement("canvas");
  private readonly overlay: Overlay;
  private prefetcher: Prefetcher;
  private base: string;
  private readonly ratio = Math.min(2, window.devicePixelRatio || 1);
  private readonly stopListening: () => void;
  private readonly tip = document.createElement("div");
  private readonly unhover: () => void;
  private frame = 0;
  private loading = false;
  private again = false;
  private failed = false;
  private pointer: Point | null = null;
  /** Where the pointer is over the slide, css px; far away where it is not. */
  private over: readonly [number, number] = NOWHERE;
  private stroke: readonly Point[] = [];

  constructor(
    private readonly element: HTMLElement,
    access: TileAccess,
    private readonly mpp: number,
    private readonly signals: Signals,
    start: Partial<Place>,
  ) {
    const grid = new TileGrid(access);
    this.base = access.base;
    this.prefetcher = new Prefetcher(grid);
    refuseInlineStyle();
    this.viewer = OpenSeadragon({
      ...OPTIONS,
      drawer: hasGraphicsCard() ? "webgl" : "canvas",
      element,
      tileSources: tileSource(grid),
    });
    // Below the viewer's controls: nothing is drawn over the minimap.
    this.canvas.className = "viewer-cells";
    this.cells.className = "viewer-cells-webgl";
    const webgl = cellsOn(this.cells, this.ratio);
    this.viewer.canvas.append(...(webgl ? [this.cells] : []), this.canvas);
    this.overlay = new Overlay(this.canvas, this.ratio, webgl, () => this.schedule());
    this.cells.addEventListener("webglcontextlost", () => {
      this.overlay.withoutWebGl();
      this.cells.remove();
      this.schedule();
    });
    this.tip.className = "viewer-tip";
    this.tip.hidden = true;
    this.viewer.canvas.appendChild(this.tip);
    this.unhover = hovering(element, (x, y) => this.hover(x, y));
    // The keys belong to the review; the viewer's own would pan and flip.
    this.viewer.addHandler("canvas-key", (event) => {
      event.preventDefaultAction = true;
    });
    for (const event of [
      "open",
      "update-viewport",
      "animation",
      "animation-finish",
      "resize",
      "rotate",
      "flip",
    ] as const)
      this.viewer.addHandler(event as "open", this.schedule);
    this.viewer.addHandler("open", () => {
      if (start.turn_degrees) this.viewer.viewport.setRotation(start.turn_degrees, true);
      if (start.flip) this.viewer.viewport.setFlip(true);
      if (start.x !== undefined && start.y !== undefined) this.move(start.x, start.y, start.z, true);
    });
    this.viewer.addHandler("tile-load-failed", () => {
      this.failed = true;
      signals.onTileFailed();
    });
    this.viewer.addHandler("open-failed", () => signals.onOpenFailed());
    this.viewer.addHandler("animation-finish", () => signals.wishes().onMoved());
    // Two clicks that place two points are no wish to come nearer.
    this.viewer.addHandler("canvas-double-click", (event) => {
      if (signals.wishes().addMode) event.preventDefaultAction = true;
    });
    this.viewer.addHandler("canvas-press", (event) => {
      this.stroke = [];
      if (signals.wishes().drawMode) this.trace(event.position);
    });
    this.viewer.addHandler("canvas-drag", (event) => {
      if (!signals.wishes().drawMode) return;
      event.preventDefaultAction = true;
      this.trace(event.position);
    });
    this.viewer.addHandler("canvas-drag-end", (event) => {
      if (!signals.wishes().drawMode) return;
      event.preventDefaultAction = true;
      signals.wishes().onDraw(this.stroke, true, [event.position.x, event.position.y]);
    });
    this.viewer.addHandler("canvas-click", (event) => {
      if (event.quick) this.click(event.position.x, event.position.y);
    });
    this.stopListening = line.subscribe(this.fetchAgain);
  }

  close(): void {
    this.stopListening();
    this.unhover();
    cancelAnimationFrame(this.frame);
    this.prefetcher.stop();
    this.viewer.destroy();
  }

  schedule = (): void => {
    if (!this.frame) this.frame = requestAnimationFrame(this.paint);
  };

  /** Tiles of another focal plane of the same slide, in the place of those that are shown; the view and the marks stay. */
  showTiles(access: TileAccess): void {
    if (access.base === this.base) return;
    this.base = access.base;
    const grid = new TileGrid(access);
    this.prefetcher.stop();
    this.prefetcher = new Prefetcher(grid);
    this.viewer.addTiledImage({
      tileSource: tileSource(grid),
      success: (event) => this.settle((event as unknown as { item: Loading }).item, access.base),
    });
  }

  /** What was shown stays below until the new tiles are there; of several that were asked for in a row, the last stays. */
  private settle(item: Loading, base: string): void {
    const { world } = this.viewer;
    if (base !== this.base) {
      world.removeItem(item);
      return;
    }
    item.whenFullyLoaded(() => {
      if (base !== this.base) return;
      for (let i = world.getItemCount() - 1; i >= 0; i--) {
        const other = world.getItemAt(i);
        if (other !== item) world.removeItem(other);
      }
      this.schedule();
    });
  }

  goTo(x: number, y: number, objective?: number): void {
    this.move(x, y, objective, false);
  }

  rotate(): void {
    const { viewport } = this.viewer;
    // Clockwise on the screen, also in the mirror.
    viewport.setRotation(viewport.getRotation() + (viewport.getFlip() ? -TURN_DEGREES : TURN_DEGREES));
    this.signals.wishes().onMoved();
  }

  flip(): void {
    this.viewer.viewport.toggleFlip();
    this.signals.wishes().onMoved();
  }

  /** Stand there at once: a place that another slide leads to. */
  follow(to: Place): void {
    const item = this.viewer.world.getItemAt(0);
    if (!item) return;
    const { viewport } = this.viewer;
    if (viewport.getFlip() !== to.flip) viewport.setFlip(to.flip);
    viewport.setRotation(to.turn_degrees, true);
    this.move(to.x, to.y, to.z, true);
  }

  setObjective(objective: number): void {
    this.viewer.viewport.zoomTo(this.zoomFor(objective));
  }

  place(): Place | null {
    const item = this.viewer.world.getItemAt(0);
    if (!item) return null;
    const { viewport } = this.viewer;
    const centre = item.viewportToImageCoordinates(viewport.getCenter(true));
    const zoom = item.viewportToImageZoom(viewport.getZoom(true));
    const turn_degrees = ((viewport.getRotation() % 360) + 360) % 360;
    return { x: centre.x, y: centre.y, z: (10 * zoom) / this.mpp, turn_degrees, flip: viewport.getFlip() };
  }

  /** The slide and its marks as they are on the screen, with a scale bar where µm/px is known (`hasScale`). */
  snapshot(hasScale: boolean): HTMLCanvasElement | null {
    const at = this.affine();
    const slide = this.viewer.drawer?.canvas as HTMLCanvasElement | undefined;
    if (!at || !slide) return null;
    this.paint();
    const layers = [slide, ...(this.cells.isConnected ? [this.cells] : []), this.canvas];
    return composed(layers, hasScale ? this.mpp / scaleOf(at) : null, this.ratio);
  }

  /** Mean colour of 9 × 9 screen px of the slide, before any filter; null where it cannot be read. */
  colourAt(x: number, y: number): [number, number, number] | null {
    const canvas = this.viewer.drawer?.canvas as HTMLCanvasElement | undefined;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return null;
    const ratio = canvas.width / canvas.clientWidth;
    const { data } = context.getImageData(Math.round(x * ratio) - 4, Math.round(y * ratio) - 4, 9, 9);
    const sum = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + (data[i + c] ?? 0);
    return sum.map((v) => v / 81) as [number, number, number];
  }

  /** OpenSeadragon turns what it is asked for, but leaves it to the caller to mirror it. */
  private affine(): Affine | null {
    const item = this.viewer.world.getItemAt(0);
    if (!item) return null;
    const side = 1000;
    const at = (x: number, y: number): [number, number] => {
      const p = this.viewer.viewport.pixelFromPoint(item.imageToViewportCoordinates(x, y), true);
      return [p.x, p.y];
    };
    const upright = affineOf(at(0, 0), at(side, 0), at(0, side), side);
    return this.viewer.viewport.getFlip() ? mirrored(upright, this.element.clientWidth) : upright;
  }

  private trace({ x: given_x, y }: { x: number; y: number }): void {
    const x = this.viewer.viewport.getFlip() ? this.element.clientWidth - given_x : given_x;
    const at = this.affine();
    if (!at) return;
    this.stroke = grown(this.stroke, toSlide(at, x, y), LEAST_STROKE_PX / scaleOf(at));
    if (this.stroke.length > 1) this.signals.wishes().onDraw(this.stroke, false, [x, y]);
  }

  private click(given_x: number, y: number): void {
    // In a mirror OpenSeadragon gives the mirrored place.
    const x = this.viewer.viewport.getFlip() ? this.element.clientWidth - given_x : given_x;
    if (this.signals.takes(x, y)) return;
    const at = this.affine();
    if (!at) return;
    const [slide_x, slide_y] = toSlide(at, x, y);
    const { scene, addMode, onAdd, onPick } = this.signals.wishes();
    if (addMode) {
      onAdd(slide_x, slide_y, [x, y]);
      return;
    }
    const added = addedAt(scene, slide_x, slide_y);
    if (added) {
      onPick({ row: null, added });
      return;
    }
    // A cell that is marked goes before one that is not.
    const hit =
      scene.store.pick(slide_x, slide_y, (chunk, i) => isShown(scene, chunk, i)) ??
      scene.store.pick(slide_x, slide_y, () => true);
    onPick(hit && hit[0].first >= 0 ? { row: hit[0].first + hit[1], added: null } : null);
  }

  /** What the cell under the pointer is called, beside it; nothing where no cell is marked. */
  private hover(x: number, y: number): void {
    const at = this.affine();
    const { scene, addMode } = this.signals.wishes();
    this.over = [x, y];
    this.pointer = at && addMode ? toSlide(at, x, y) : null;
    if (scene.draft) this.schedule();
    this.tell(at);
  }

  /** The name of the cell that lies under the pointer now: the slide may have moved, or the cell been renamed, since it did. */
  private tell(at: Affine | null): void {
    const [x, y] = this.over;
    const { scene, addMode } = this.signals.wishes();
    const hit =
      at && !addMode && scaleOf(at) > LEAST_HOVER && scene.opacity > 0
        ? scene.store.pick(...toSlide(at, x, y), (chunk, i) => isShown(scene, chunk, i))
        : null;
    this.tip.hidden = hit === null;
    if (!hit) return;
    this.tip.textContent = nameOf(scene, ...hit);
    this.tip.style.transform = `translate(${x + 14}px, ${y + 14}px)`;
  }

  private paint = (): void => {
    this.frame = 0;
    const w = this.element.clientWidth;
    const h = this.element.clientHeight;
    const [wide, high] = [Math.round(w * this.ratio), Math.round(h * this.ratio)];
    for (const canvas of [this.canvas, this.cells]) {
      if (canvas.width === wide && canvas.height === high) continue;
      canvas.width = wide;
      canvas.height = high;
    }
    const at = this.affine();
    if (!at) return;
    const view = inView(at, w, h);
    const mode = this.overlay.draw(this.signals.wishes().scene, at, view, this.pointer);
    this.tell(at);
    this.signals.onView(this.mpp / scaleOf(at), mode);
    this.prefetcher.moved(view, scaleOf(at));
    const { onFrame } = this.signals.wishes();
    if (onFrame) onFrame(this.place() as Place);
    void this.load(at, view);
  };

  private async load(at: Affine, view: Box): Promise<void> {
    const { scene, jobId } = this.signals.wishes();
    const index = scene.index;
    if (!index || !jobId || scaleOf(at) < 0.02) return;
    if (this.loading) {
      this.again = true;
      return;
    }
    const { store } = scene;
    const ranges = rangesFor(index, view, store.tiles);
    const few = scaleOf(at) > OUTLINED && countIn(index, view) <= MOST_OUTLINED;
    const outlined = few ? rangesFor(index, view, store.contours.tiles, MOST_CONTOURS) : [];
    if (!ranges.length && !outlined.length) return;
    if (ranges.reduce((n, r) => n + r.count, 0) > MOST_LOADED) return;
    this.loading = true;
    try {
      for (const range of ranges) {
        const raw = await getBytes(`/api/v1/jobs/${jobId}/cells/${range.first}-${range.count}.bin`);
        if (this.signals.wishes().scene.store !== store) return;
        store.add(unpack(raw, `rows ${range.first}`, range.first), range.tiles);
      }
      if (ranges.length) this.schedule();
      for (const { first, count, tiles } of outlined) {
        const raw = await getBytes(`/api/v1/jobs/${jobId}/contours/${first}-${count}.bin`);
        if (this.signals.wishes().scene.store !== store) return;
        store.contours.add(unpackContours(raw, first, count), tiles);
      }
      this.schedule();
    } catch {
      // the next movement, or the line's coming back, asks again
    } finally {
      this.loading = false;
      if (this.again) {
        this.again = false;
        this.schedule();
      }
    }
  }

  /** Tiles that did not come while the server was away. */
  private fetchAgain = (): void => {
    if (!line.get().requests) return;
    this.schedule();
    if (!this.failed) return;
    this.failed = false;
    this.viewer.world.getItemAt(0)?.reset();
    this.viewer.forceRedraw();
  };

  private move(x: number, y: number, objective: number | undefined, now: boolean): void {
    const item = this.viewer.world.getItemAt(0);
    if (!item) return;
    if (objective) this.viewer.viewport.zoomTo(this.zoomFor(objective), undefined, now);
    this.viewer.viewport.panTo(item.imageToViewportCoordinates(x, y), now);
  }

  private zoomFor(objective: number): number {
    return this.viewer.world.getItemAt(0).imageToViewportZoom(this.mpp / umPerPx(objective));
  }
}

/** WebGL 2 on a canvas; null where there is no graphics card for it. `data-overlay` on the page's root asks for one of them. */
function cellsOn(canvas: HTMLCanvasElement, ratio: number): WebGlCells | null {
  const wish = document.documentElement.dataset.overlay;
  if (wish === "canvas" || (wish !== "webgl" && !hasGraphicsCard())) return null;
  const gl = canvas.getContext("webgl2", { premultipliedAlpha: true, antialias: false, depth: false });
  if (!gl) return null;
  try {
    const cells = new WebGlCells(gl, ratio);
    canvas.dataset.webgl = "2";
    return cells;
  } catch (error) {
    console.warn(error);
    return null;
  }
}

/** OpenSeadragon writes a style element once, unless it finds its own: the page's policy refuses that, room.css says the same. */
function refuseInlineStyle(): void {
  const mark = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${mark}]`)) return;
  // An element of that name that is no style of HTML: nothing of it is looked at.
  const stand_in = document.createElementNS("urn:hemaview", "style");
  stand_in.setAttribute(mark, "true");
  document.head.appendChild(stand_in);
}

/** The pointer's place over an element (css px), at most once a frame; gives what ends it. */
function hovering(element: HTMLElement, tell: (x: number, y: number) => void): () => void {
  let frame = 0;
  const move = (event: PointerEvent) => {
    cancelAnimationFrame(frame);
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    frame = requestAnimationFrame(() => tell(x, y));
  };
  const leave = () => {
    cancelAnimationFrame(frame);
    tell(...NOWHERE);
  };
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerleave", leave);
  return () => {
    cancelAnimationFrame(frame);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerleave", leave);
  };
}

const OPTIONS: OpenSeadragon.Options = {
  tileRetryMax: 4,
  tileRetryDelay: 1200,
  showNavigationControl: false,
  // Another focal plane takes the place of the one that is shown; else the viewer would go to the whole slide then.
  preserveViewport: true,
  showNavigator: true,
  navigatorPosition: "BOTTOM_RIGHT",
  navigatorSizeRatio: 0.17,
  navigatorDisplayRegionColor: "#0a5fb4",
  animationTime: 0.35,
  springStiffness: 9,
  minZoomImageRatio: 0.8,
  maxZoomPixelRatio: 6,
  visibilityRatio: 0.4,
  zoomPerScroll: 1.35,
  immediateRender: true,
  timeout: 30_000,
  gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  gestureSettingsTouch: { pinchRotate: false },
};
