import OpenSeadragon from "openseadragon";
import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { getBytes } from "../shared/api";
import type { Slide, TileAccess } from "../shared/types";
import { useTileAccess } from "./access";
import { rangesFor, unpack } from "./cellstore";
import { type Affine, isShown, Overlay, type Scene } from "./overlay";
import { PictureFilter, PicturePanel } from "./PicturePanel";
import { AS_IT_IS, balanceFor, isChanged } from "./picture";
import { Prefetcher } from "./prefetch";
import { lengthText, scaleBar, umPerPx } from "./scalebar";
import { TileGrid, tileSource } from "./tilesource";

export interface ViewerHandle {
  goTo(x: number, y: number, objective?: number): void;
  rotate(): void;
  fullScreen(): void;
  redraw(): void;
  setObjective(objective: number): void;
  place(): { x: number; y: number; z: number } | null;
}

interface Props {
  slide: Slide;
  tiles: TileAccess | null;
  mpp: number | null;
  mppNote: string;
  scene: Scene;
  jobId: string | null;
  addMode: boolean;
  onPick(row: number | null, key: string | null): void;
  onAdd(x: number, y: number): void;
  onMoved(): void;
  start: { x?: number; y?: number; z?: number };
}

const OBJECTIVES = [5, 10, 20, 40, 60, 100];

export const Viewer = forwardRef<ViewerHandle, Props>(function Viewer(props, ref) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const osd = useRef<OpenSeadragon.Viewer | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const redraw = useRef<() => void>(() => undefined);
  const [umPx, setUmPx] = useState(0);
  const [mode, setMode] = useState<"cells" | "counts">("cells");
  const [failed, setFailed] = useState("");
  const { slide } = props;
  const mpp = props.mpp ?? 0.25;
  const { access, problem, lookAgain } = useTileAccess(slide.id, props.tiles);
  const [picture, setPicture] = useState(AS_IT_IS);
  const [panel, setPanel] = useState(false);
  const [picking, setPicking] = useState(false);
  const pick = useRef<((x: number, y: number) => void) | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a viewer lives as long as its slide
  useEffect(() => {
    const element = box.current;
    const drawing = canvas.current;
    if (!element || !drawing || !access) return;
    const grid = new TileGrid(access);
    const prefetcher = new Prefetcher(grid);
    const viewer = OpenSeadragon({
      element,
      tileSources: tileSource(grid),
      tileRetryMax: 4,
      tileRetryDelay: 1200,
      showNavigationControl: false,
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
    });
    osd.current = viewer;
    // The keys belong to the review; the viewer's own would pan and flip.
    viewer.addHandler("canvas-key", (event) => {
      event.preventDefaultAction = true;
    });
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const overlay = new Overlay(drawing, ratio);
    let frame = 0;
    let loading = false;
    let again = false;

    const affine = (): Affine | null => {
      const item = viewer.world.getItemAt(0);
      if (!item) return null;
      const at = (x: number, y: number) => {
        const p = item.imageToViewportCoordinates(x, y);
        return viewer.viewport.pixelFromPoint(p, true);
      };
      const o = at(0, 0);
      const ex = at(1000, 0);
      const ey = at(0, 1000);
      const turn = (p: OpenSeadragon.Point) => {
        const degrees = viewer.viewport.getRotation(true);
        return degrees ? p.rotate(degrees, viewer.viewport.pixelFromPoint(viewer.viewport.getCenter(true), true)) : p;
      };
      const [a, b, c] = [turn(o), turn(ex), turn(ey)];
      return [(b.x - a.x) / 1000, (b.y - a.y) / 1000, (c.x - a.x) / 1000, (c.y - a.y) / 1000, a.x, a.y];
    };

    const inView = (at: Affine): [number, number, number, number] => {
      const [a, b, c, d, e, f] = at;
      const det = a * d - b * c;
      const w = element.clientWidth;
      const h = element.clientHeight;
      const points = [
        [0, 0],
        [w, 0],
        [0, h],
        [w, h],
      ].map(([x, y]) => [(d * (x! - e) - c * (y! - f)) / det, (a * (y! - f) - b * (x! - e)) / det]);
      const xs = points.map((p) => p[0]!);
      const ys = points.map((p) => p[1]!);
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    };

    const paint = () => {
      frame = 0;
      const w = element.clientWidth;
      const h = element.clientHeight;
      if (drawing.width !== Math.round(w * ratio) || drawing.height !== Math.round(h * ratio)) {
        drawing.width = Math.round(w * ratio);
        drawing.height = Math.round(h * ratio);
      }
      const at = affine();
      if (!at) return;
      const view = inView(at);
      setMode(overlay.draw(latest.current.scene, at, view));
      setUmPx(mpp / Math.hypot(at[0], at[1]));
      prefetcher.moved(view, Math.hypot(at[0], at[1]));
      void load(at, view);
    };

    const load = async (at: Affine, view: [number, number, number, number]) => {
      const { scene, jobId } = latest.current;
      const index = scene.index;
      if (!index || !jobId || Math.hypot(at[0], at[1]) < 0.02) return;
      if (loading) {
        again = true;
        return;
      }
      const ranges = rangesFor(index, view, scene.store.tiles);
      const total = ranges.reduce((n, r) => n + r.count, 0);
      if (!ranges.length || total > 120_000) return;
      loading = true;
      try {
        for (const range of ranges) {
          const raw = await getBytes(`/api/jobs/${jobId}/cells/${range.first}-${range.count}.bin`);
          if (latest.current.scene.store !== scene.store) return;
          scene.store.add(unpack(raw, `rows ${range.first}`, range.first), range.tiles);
        }
        schedule();
      } catch {
        // the next movement asks again
      } finally {
        loading = false;
        if (again) {
          again = false;
          schedule();
        }
      }
    };

    const schedule = () => {
      if (!frame) frame = requestAnimationFrame(paint);
    };
    redraw.current = schedule;
    for (const event of ["open", "update-viewport", "animation", "resize", "rotate"] as const) {
      viewer.addHandler(event as "open", schedule);
    }
    viewer.addHandler("open", () => {
      const { start } = latest.current;
      if (start.x !== undefined && start.y !== undefined) move(start.x, start.y, start.z, true);
    });
    viewer.addHandler("tile-load-failed", lookAgain);
    viewer.addHandler("open-failed", () => setFailed("The slide cannot be opened; is it still on the disk?"));
    viewer.addHandler("animation-finish", () => latest.current.onMoved());
    viewer.addHandler("canvas-click", (event) => {
      if (!event.quick) return;
      if (pick.current) {
        pick.current(event.position.x, event.position.y);
        return;
      }
      const at = affine();
      if (!at) return;
      const [a, b, c, d, e, f] = at;
      const det = a * d - b * c;
      const px = event.position.x - e;
      const py = event.position.y - f;
      const x = (d * px - c * py) / det;
      const y = (a * py - b * px) / det;
      const { scene, addMode, onAdd, onPick } = latest.current;
      if (addMode) {
        onAdd(x, y);
        return;
      }
      const hit = scene.store.pick(x, y, (chunk, i) => isShown(scene, chunk, i));
      onPick(hit && hit[0].first >= 0 ? hit[0].first + hit[1] : null, hit ? hit[0].key : null);
    });

    const move = (x: number, y: number, objective: number | undefined, now: boolean) => {
      const item = viewer.world.getItemAt(0);
      if (!item) return;
      if (objective) viewer.viewport.zoomTo(zoomFor(objective), undefined, now);
      viewer.viewport.panTo(item.imageToViewportCoordinates(x, y), now);
    };
    const zoomFor = (objective: number) => {
      const item = viewer.world.getItemAt(0);
      return item.imageToViewportZoom(mpp / umPerPx(objective));
    };
    handle.current = {
      goTo: (x, y, objective) => move(x, y, objective, false),
      rotate: () => viewer.viewport.setRotation((viewer.viewport.getRotation() + 90) % 360),
      fullScreen: () => {
        if (document.fullscreenElement) void document.exitFullscreen();
        else void element.parentElement?.requestFullscreen();
      },
      redraw: schedule,
      setObjective: (objective) => viewer.viewport.zoomTo(zoomFor(objective)),
      place: () => {
        const item = viewer.world.getItemAt(0);
        if (!item) return null;
        const centre = item.viewportToImageCoordinates(viewer.viewport.getCenter(true));
        const zoom = item.viewportToImageZoom(viewer.viewport.getZoom(true));
        return { x: centre.x, y: centre.y, z: (10 * zoom) / mpp };
      },
    };
    return () => {
      cancelAnimationFrame(frame);
      prefetcher.stop();
      viewer.destroy();
      osd.current = null;
    };
  }, [access?.base, mpp]);

  const handle = useRef<ViewerHandle | null>(null);
  useImperativeHandle(ref, () => ({
    goTo: (x, y, o) => handle.current?.goTo(x, y, o),
    rotate: () => handle.current?.rotate(),
    fullScreen: () => handle.current?.fullScreen(),
    redraw: () => redraw.current(),
    setObjective: (o) => handle.current?.setObjective(o),
    place: () => handle.current?.place() ?? null,
  }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: any change of the scene is drawn
  useEffect(() => redraw.current(), [props.scene]);

  // The viewer's own canvas and the gallery wear the filter; the marks of the cells do not.
  const filter = isChanged(picture) ? "url(#hemaview-picture)" : "none";
  useEffect(() => {
    document.documentElement.style.setProperty("--picture", filter);
    return () => {
      document.documentElement.style.removeProperty("--picture");
    };
  }, [filter]);
  pick.current = picking
    ? (x, y) => {
        const found = colourAt(osd.current, x, y);
        const balance = found && balanceFor(found);
        setPicking(false);
        if (balance) setPicture((p) => ({ ...p, balance }));
        else setFailed("That place is too dark for a white balance; click on empty glass.");
      }
    : null;

  const bar = umPx > 0 ? scaleBar(umPx, 150) : null;
  const near = umPx > 0 ? 10 / umPx : 0;
  return (
    <div className={`viewer${props.addMode ? " adding" : ""}`}>
      <div className="viewer-slide" ref={box} data-testid="slide" />
      <canvas className="viewer-cells" ref={canvas} />
      {(failed || problem) && (
        <p className="viewer-failed" role="alert">
          {problem || failed}
        </p>
      )}
      <PictureFilter picture={picture} />
      {panel && (
        <PicturePanel
          picture={picture}
          access={access}
          picking={picking}
          onChange={setPicture}
          onPick={() => {
            setFailed("");
            setPicking(!picking);
          }}
          onClose={() => {
            setPicking(false);
            setPanel(false);
          }}
        />
      )}
      <fieldset className="objectives">
        <legend className="hidden">Magnification</legend>
        {OBJECTIVES.map((o) => (
          <button
            key={o}
            type="button"
            className={Math.abs(near - o) < o * 0.12 ? "on" : ""}
            onClick={() => handle.current?.setObjective(o)}
          >
            ×{o}
          </button>
        ))}
        <button type="button" onClick={() => handle.current?.rotate()} title="Rotate (r)">
          ↻
        </button>
        <button
          type="button"
          className={panel || isChanged(picture) ? "on" : ""}
          onClick={() => setPanel(!panel)}
          aria-expanded={panel}
          title="Brightness, contrast, gamma, white balance"
        >
          ◐
        </button>
        <button type="button" onClick={() => handle.current?.fullScreen()} title="Full screen (Shift+F)">
          <svg width="12" height="12" viewBox="0 0 12 12" aria-label="Full screen" role="img">
            <path d="M1 4V1h3M8 1h3v3M11 8v3H8M4 11H1V8" fill="none" stroke="currentColor" strokeWidth="1.6" />
          </svg>
        </button>
      </fieldset>
      <div className="viewer-foot">
        {bar && (
          <div className="scalebar" title={props.mppNote}>
            <span style={{ width: `${bar.px}px` }} />
            {props.mpp ? lengthText(bar.um) : "scale unknown"}
          </div>
        )}
        {mode === "counts" && <p className="viewer-hint">True counts per square; zoom in to see each cell.</p>}
        {props.addMode && <p className="viewer-hint strong">Click the middle of the missed cell. Esc ends.</p>}
      </div>
    </div>
  );
});

/** Mean colour of 9 × 9 screen px of the slide's canvas, before any filter; null where it cannot be read. */
function colourAt(viewer: OpenSeadragon.Viewer | null, x: number, y: number): [number, number, number] | null {
  const canvas = viewer?.drawer?.canvas as HTMLCanvasElement | undefined;
  const context = canvas?.getContext("2d");
  if (!canvas || !context) return null;
  const ratio = canvas.width / canvas.clientWidth;
  const { data } = context.getImageData(Math.round(x * ratio) - 4, Math.round(y * ratio) - 4, 9, 9);
  const sum = [0, 0, 0];
  for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + (data[i + c] ?? 0);
  return sum.map((v) => v / 81) as [number, number, number];
}
