/** The viewer alone over many cells, moved by script: how long its layer and each frame take. `bench overlay` runs it. */

import OpenSeadragon from "openseadragon";
import type { AddedCell, CellIndex, Schema, TileAccess } from "../shared/types";
import { CellStore } from "../viewer/cellstore";
import { Lens } from "../viewer/lens";
import { Overlay, type Scene } from "../viewer/overlay";

interface Course {
  /** Screen px a slide px; 0 shows the whole slide. */
  scale: number;
  kind: "pan" | "zoom";
  frames: number;
}

export interface Times {
  layer_ms: number[];
  frame_ms: number[];
  mode: string;
}

interface Input {
  access: TileAccess;
  index: CellIndex;
  schema: Schema;
  labels: [number, { label: number | null; state: string }][];
}

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
const layer: number[] = [];
let flush = false;

const draw = Overlay.prototype.draw;
Overlay.prototype.draw = function timed(this: Overlay, ...args: Parameters<typeof draw>) {
  const begin = performance.now();
  const mode = draw.apply(this, args);
  // What was asked of the graphics is done only once something of it is read.
  if (flush) for (const canvas of document.querySelectorAll<HTMLCanvasElement>("[class^=viewer-cells]")) read(canvas);
  layer.push(performance.now() - begin);
  return mode;
};

function read(canvas: HTMLCanvasElement): void {
  const gl = canvas.dataset.webgl ? canvas.getContext("webgl2") : null;
  if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  else canvas.getContext("2d")?.getImageData(0, 0, 1, 1);
}

class Bench {
  private readonly lens: Lens;
  private mode = "";
  private readonly scene: Scene;

  constructor(input: Input, engine: string) {
    const element = document.createElement("div");
    element.className = "viewer-slide";
    document.body.replaceChildren(element);
    this.scene = {
      store: new CellStore(),
      index: input.index,
      schema: input.schema,
      hidden: new Set(),
      threshold: 0,
      opacity: 1,
      regions: [],
      showRegions: true,
      labels: new Map(input.labels),
      added: [] as AddedCell[],
      selected: null,
      place: null,
      shapes: [],
      draft: null,
      mpp: 0.25,
    };
    const wishes = {
      scene: this.scene,
      jobId: "bench",
      addMode: false,
      drawMode: false,
      onPick() {},
      onAdd() {},
      onDraw() {},
      onMoved() {},
    };
    const signals = {
      wishes: () => wishes,
      takes: () => false,
      onView: (_: number, mode: string) => {
        this.mode = mode;
      },
      onTileFailed() {},
      onOpenFailed() {},
    };
    document.documentElement.dataset.overlay = engine;
    this.lens = new Lens(element, input.access, 0.25, signals, {});
  }

  private get viewport(): OpenSeadragon.Viewport {
    return (this.lens as unknown as { viewer: OpenSeadragon.Viewer }).viewer.viewport;
  }

  private get item(): OpenSeadragon.TiledImage | undefined {
    return (this.lens as unknown as { viewer: OpenSeadragon.Viewer }).viewer.world.getItemAt(0);
  }

  /** ms until the cells in view have come and are drawn, at 1 screen px a slide px. */
  async firstCells(): Promise<number> {
    const begin = performance.now();
    while (!this.item) await frame();
    this.place(1, 0.31, 0.42);
    while (!this.scene.store.chunks.size) await frame();
    await frame();
    await frame();
    return performance.now() - begin;
  }

  private place(scale: number, share_x: number, share_y: number): void {
    const { item, viewport } = this;
    if (!item) return;
    if (scale === 0) viewport.goHome(true);
    else viewport.zoomTo(item.imageToViewportZoom(scale), undefined, true);
    const { x, y } = item.getContentSize();
    viewport.panTo(item.imageToViewportCoordinates(x * share_x, y * share_y), true);
  }

  async run({ scale, kind, frames }: Course, flushed: boolean): Promise<Times> {
    this.place(scale, 0.31, 0.42);
    for (let i = 0; i < 40; i++) await frame(); // tiles and cells come
    flush = flushed;
    layer.length = 0;
    const frame_ms: number[] = [];
    let last = await frame();
    for (let i = 0; i < frames; i++) {
      if (kind === "pan") this.viewport.panBy(this.viewport.deltaPointsFromPixels(step(i)), true);
      else this.viewport.zoomBy(Math.floor(i / 15) % 2 ? 1 / 1.05 : 1.05, undefined, true);
      const now = await frame();
      frame_ms.push(now - last);
      last = now;
    }
    flush = false;
    return { layer_ms: [...layer], frame_ms, mode: this.mode };
  }

  close(): void {
    this.lens.close();
  }
}

/** 18 px a frame, there and back in turns. */
function step(i: number): OpenSeadragon.Point {
  const way = Math.floor(i / 20) % 2 ? -1 : 1;
  return new OpenSeadragon.Point(16 * way, 8 * way);
}

Object.assign(window, {
  startBench: async (engine: string) => new Bench((await (await fetch("/given.json")).json()) as Input, engine),
});
