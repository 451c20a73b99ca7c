/** Cells above a slide as layers of others draw them, moved as `frontend/bench/overlay.ts` moves ours. */

import "@annotorious/openseadragon/annotorious-openseadragon.css";
import { createOSDAnnotator } from "@annotorious/openseadragon";
import { Deck, OrthographicView } from "@deck.gl/core";
import { ScatterplotLayer } from "@deck.gl/layers";
import OpenSeadragon from "openseadragon";

interface Level {
  number: number;
  width: number;
  columns: number;
  rows: number;
}

interface Course {
  scale: number;
  kind: "pan" | "zoom";
  frames: number;
  /** The course ends after so many ms, whatever its frames. */
  most_ms: number;
}

/** Left, top, width, height of each cell in slide px. */
type Boxes = Float32Array;

const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
const COLOUR: [number, number, number] = [30, 90, 200];

/** What is drawn above the slide: brought into place and drawn at once, whenever the view has moved. */
interface Layer {
  draw(): void;
}

class DeckLayer implements Layer {
  private readonly deck: Deck<OrthographicView>;

  constructor(
    private readonly viewer: OpenSeadragon.Viewer,
    element: HTMLElement,
    boxes: Boxes,
  ) {
    const n = boxes.length / 4;
    const centres = new Float32Array(2 * n);
    const radii = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      centres[2 * i] = boxes[4 * i]! + boxes[4 * i + 2]! / 2;
      centres[2 * i + 1] = boxes[4 * i + 1]! + boxes[4 * i + 3]! / 2;
      radii[i] = boxes[4 * i + 2]! / 2;
    }
    const canvas = document.createElement("canvas");
    canvas.className = "layer";
    element.append(canvas);
    this.deck = new Deck({
      canvas,
      width: element.clientWidth,
      height: element.clientHeight,
      views: new OrthographicView({ flipY: true }),
      viewState: this.place(),
      controller: false,
      layers: [
        new ScatterplotLayer({
          id: "cells",
          data: {
            length: n,
            attributes: { getPosition: { value: centres, size: 2 }, getRadius: { value: radii, size: 1 } },
          },
          filled: false,
          stroked: true,
          getLineColor: COLOUR,
          getLineWidth: 1.5,
          lineWidthUnits: "pixels",
          radiusUnits: "common",
        }),
      ],
    });
  }

  private place() {
    const { viewport, world } = this.viewer;
    const item = world.getItemAt(0)!;
    const middle = item.viewportToImageCoordinates(viewport.getCenter(true));
    const zoom = Math.log2(item.viewportToImageZoom(viewport.getZoom(true)));
    return { target: [middle.x, middle.y, 0] as [number, number, number], zoom };
  }

  draw(): void {
    this.deck.setProps({ viewState: this.place() });
    this.deck.redraw("moved");
  }
}

class Annotations implements Layer {
  constructor(viewer: OpenSeadragon.Viewer, boxes: Boxes) {
    const annotator = createOSDAnnotator(viewer, { drawingEnabled: false });
    const all = [];
    for (let i = 0; i < boxes.length; i += 4) {
      const [x, y, w, h] = [boxes[i]!, boxes[i + 1]!, boxes[i + 2]!, boxes[i + 3]!];
      const bounds = { minX: x, minY: y, maxX: x + w, maxY: y + h };
      const selector = { type: "RECTANGLE", geometry: { bounds, x, y, w, h } };
      all.push({ id: `${i / 4}`, bodies: [], target: { annotation: `${i / 4}`, selector } });
    }
    annotator.setAnnotations(all as never);
  }

  /** It draws itself, where OpenSeadragon says that the view moved. */
  draw(): void {}
}

class Beside {
  private readonly viewer: OpenSeadragon.Viewer;
  private layer: Layer | null = null;
  private readonly spent: number[] = [];
  private flush = false;

  constructor(
    levels: Level[],
    private readonly boxes: Boxes,
    private readonly engine: string,
  ) {
    const whole = levels.at(-1)!;
    this.viewer = OpenSeadragon({
      element: document.getElementById("slide")!,
      drawer: "canvas",
      showNavigationControl: false,
      animationTime: 0,
      minPixelRatio: 0.5,
      tileSources: {
        width: whole.width,
        height: whole.width,
        tileSize: 256,
        minLevel: 0,
        maxLevel: levels.length - 1,
        getTileUrl: (level: number, x: number, y: number) => `/tiles/${levels[level]!.number}/${x}_${y}.jpg`,
      } as unknown as OpenSeadragon.TileSourceOptions,
    });
    const raise = this.viewer.raiseEvent.bind(this.viewer);
    this.viewer.raiseEvent = ((name: string, ...given: [object?]) => {
      if (name !== "update-viewport" || !this.layer) return raise(name, ...given);
      const begin = performance.now();
      const answer = raise(name, ...given);
      this.layer.draw();
      if (this.flush) for (const canvas of document.querySelectorAll("canvas")) read(canvas);
      this.spent.push(performance.now() - begin);
      return answer;
    }) as typeof this.viewer.raiseEvent;
  }

  /** ms until the cells are handed over and a frame with them is drawn. */
  async firstCells(): Promise<number> {
    while (!this.viewer.world.getItemAt(0)) await frame();
    const begin = performance.now();
    const element = document.getElementById("slide")!;
    this.layer =
      this.engine === "deck" ? new DeckLayer(this.viewer, element, this.boxes) : new Annotations(this.viewer, this.boxes);
    this.place(1);
    await frame();
    await frame();
    for (const canvas of document.querySelectorAll("canvas")) read(canvas);
    return performance.now() - begin;
  }

  private place(scale: number): void {
    const { viewport, world } = this.viewer;
    const item = world.getItemAt(0)!;
    if (scale === 0) viewport.goHome(true);
    else viewport.zoomTo(item.imageToViewportZoom(scale), undefined, true);
    const { x, y } = item.getContentSize();
    viewport.panTo(item.imageToViewportCoordinates(x * 0.31, y * 0.42), true);
  }

  async run({ scale, kind, frames, most_ms }: Course, flushed: boolean) {
    const { viewport } = this.viewer;
    this.place(scale);
    const settled = performance.now() + Math.min(most_ms, 1000);
    while (performance.now() < settled) await frame();
    this.flush = flushed;
    this.spent.length = 0;
    const frame_ms: number[] = [];
    const ends = performance.now() + most_ms;
    let last = await frame();
    for (let i = 0; i < frames && (last < ends || i < 3); i++) {
      const way = Math.floor(i / 20) % 2 ? -1 : 1;
      if (kind === "pan") viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(16 * way, 8 * way)), true);
      else viewport.zoomBy(Math.floor(i / 15) % 2 ? 1 / 1.05 : 1.05, undefined, true);
      const now = await frame();
      frame_ms.push(now - last);
      last = now;
    }
    this.flush = false;
    return { layer_ms: [...this.spent], frame_ms };
  }
}

function read(canvas: HTMLCanvasElement): void {
  const gl = canvas.getContext("webgl2");
  if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

Object.assign(window, {
  startBench: async (engine: string) => {
    const { levels } = (await (await fetch("/given.json")).json()).access as { levels: Level[] };
    const boxes = new Float32Array(await (await fetch("/boxes.f32")).arrayBuffer());
    return new Beside(levels, boxes, engine);
  },
});
