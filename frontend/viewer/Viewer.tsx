import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { t } from "../shared/catalogue";
import type { Slide, TileAccess } from "../shared/types";
import { useTileAccess } from "./access";
import { Foot } from "./Foot";
import { LabelPanel } from "./LabelPanel";
import { Lens, type Place, type Wishes } from "./lens";
import { Objectives } from "./Objectives";
import { PictureFilter, PicturePanel } from "./PicturePanel";
import { PlaneControl } from "./PlaneControl";
import { AS_IT_IS, balanceFor, isChanged } from "./picture";
import { saved } from "./snapshot";
import { useFocalPlane } from "./usefocalplane";

export interface ViewerHandle {
  goTo(x: number, y: number, objective?: number): void;
  rotate(): void;
  flip(): void;
  /** The next focal plane by `step`, where the slide has several. */
  plane(step: number): void;
  fullScreen(): void;
  place(): Place | null;
  follow(place: Place): void;
  /** Saves what is shown as a PNG of that name. */
  snapshot(name: string): void;
}

interface Props extends Wishes {
  slide: Slide;
  tiles: TileAccess | null;
  mpp: number | null;
  mppNote: string;
  start: Partial<Place>;
  /** What a click does while `addMode` is on. */
  hint: string;
}

/** µm/px that magnifications go by where a slide's own is not known. */
const USUAL_MPP = 0.25;

export const Viewer = forwardRef<ViewerHandle, Props>(function Viewer(props, ref) {
  const frame = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const lens = useRef<Lens | null>(null);
  const place = useRef(props.start);
  const latest = useRef(props);
  latest.current = props;
  const [umPx, setUmPx] = useState(0);
  const [mode, setMode] = useState<"cells" | "counts">("cells");
  const [failed, setFailed] = useState("");
  const mpp = props.mpp ?? USUAL_MPP;
  const { access, problem, lookAgain } = useTileAccess(props.slide.id, props.tiles);
  const [picture, setPicture] = useState(AS_IT_IS);
  const [panel, setPanel] = useState(false);
  const [label, setLabel] = useState(false);
  const beside = props.slide.associated.filter((name) => name === "label" || name === "macro");
  const plane = useFocalPlane(access);
  const [picking, setPicking] = useState(false);
  const pick = useRef<(x: number, y: number) => boolean>(() => false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a lens lives as long as its slide's tiles
  useEffect(() => {
    const element = box.current;
    if (!element || !access) return;
    const fresh = new Lens(
      element,
      access,
      mpp,
      {
        wishes: () => latest.current,
        takes: (x, y) => pick.current(x, y),
        onView: (um, how) => {
          setUmPx(um);
          setMode(how);
        },
        onTileFailed: lookAgain,
        onOpenFailed: () => setFailed(t("The slide cannot be opened. Check that its file is still in place.")),
      },
      place.current,
    );
    lens.current = fresh;
    return () => {
      place.current = fresh.place() ?? place.current;
      lens.current = null;
      fresh.close();
    };
  }, [access?.base, mpp]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new lens shows the same plane
  useEffect(() => {
    if (plane.tiles) lens.current?.showTiles(plane.tiles);
  }, [plane.tiles, access?.base, mpp]);

  const fullScreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void frame.current?.requestFullscreen();
  };
  useImperativeHandle(ref, () => ({
    goTo: (x, y, o) => lens.current?.goTo(x, y, o),
    rotate: () => lens.current?.rotate(),
    flip: () => lens.current?.flip(),
    plane: plane.step,
    fullScreen,
    place: () => lens.current?.place() ?? null,
    follow: (to) => lens.current?.follow(to),
    snapshot: (name) => {
      const canvas = lens.current?.snapshot(props.mpp !== null);
      if (canvas) saved(canvas, name);
    },
  }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: any change of the scene is drawn
  useEffect(() => lens.current?.schedule(), [props.scene]);

  // The viewer's own canvas and the gallery wear the filter; the marks of the cells do not.
  const filter = isChanged(picture) ? "url(#hemaview-picture)" : "none";
  useEffect(() => {
    document.documentElement.style.setProperty("--picture", filter);
    return () => {
      document.documentElement.style.removeProperty("--picture");
    };
  }, [filter]);
  pick.current = (x, y) => {
    if (!picking) return false;
    const colour = lens.current?.colourAt(x, y);
    const balance = colour && balanceFor(colour);
    setPicking(false);
    if (balance) setPicture((p) => ({ ...p, balance }));
    else setFailed(t("That place is too dark for a white balance; click on empty glass."));
    return true;
  };

  return (
    <div className={`viewer${props.addMode ? " adding" : ""}`} ref={frame}>
      <div className="viewer-slide" ref={box} data-testid="slide" />
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
      {label && <LabelPanel slideId={props.slide.id} names={beside} onClose={() => setLabel(false)} />}
      <Objectives
        um_per_px={umPx}
        panel={panel}
        changed={isChanged(picture)}
        onObjective={(o) => lens.current?.setObjective(o)}
        onRotate={() => lens.current?.rotate()}
        onFlip={() => lens.current?.flip()}
        onPanel={() => setPanel(!panel)}
        onLabel={beside.length ? () => setLabel(!label) : null}
        onFullScreen={fullScreen}
      />
      <PlaneControl planes={plane.planes} current={plane.current} onShow={plane.show} />
      <Foot um_per_px={umPx} mode={mode} hasScale={props.mpp !== null} note={props.mppNote} hint={props.hint} />
    </div>
  );
});
