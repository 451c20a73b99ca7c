import type { RefObject } from "react";
import type { CellName } from "../gallery/keyof";
import { t } from "../shared/catalogue";
import type { Room, TileAccess } from "../shared/types";
import type { Scene } from "../viewer/overlay";
import { Viewer, type ViewerHandle } from "../viewer/Viewer";
import { Beside } from "./Beside";
import { ClassPicker } from "./ClassPicker";
import { HereBox } from "./HereBox";
import { OccupiedPlace } from "./OccupiedPlace";
import { nucleatedOnly, openingNote } from "./opening";
import { type AreaActs, ToolBar } from "./ToolBar";
import type { AddingPlace, useAdding } from "./useadding";
import type { BesideState } from "./usebeside";
import type { RoomView } from "./useroomview";
import type { Tools } from "./usetools";

interface Props {
  /** Something else is shown in its place; the slide stays where it is. */
  hidden: boolean;
  data: Room;
  tiles: TileAccess | null;
  view: RoomView;
  mpp: number | null;
  scene: Scene;
  adding: ReturnType<typeof useAdding>;
  tools: Tools;
  area: AreaActs | null;
  /** The outline whose counts are shown; "" where none is asked for. */
  here: string;
  revision: number;
  beside: BesideState;
  say(text: string): void;
  onHere(outline: string): void;
  viewer: RefObject<ViewerHandle | null>;
  onMoved(): void;
  onPick(cell: CellName | null): void;
}

const MPP_NOTES: Partial<Record<string, string>> = {
  file: t("µm/px file"),
  user: t("µm/px user"),
  estimated: t("µm/px estimated"),
  unknown: t("µm/px unknown"),
};

/** The slide, and the question that a missed cell asks. */
export function Stage(props: Props) {
  const { hidden, data, tiles, view, mpp, scene, adding, tools, viewer, onMoved, onPick } = props;
  const { slide, jobId, schema, start } = view;
  if (!slide) {
    return (
      <main hidden={hidden}>
        <p className="room-note">
          {t("This case has no slide that can be shown yet.")} {openingNote(data, null)}{" "}
          <a href={`/cases/${data.case.accession}/`}>{t("Add a slide")}</a>
        </p>
      </main>
    );
  }
  const startsHere = start.slide === undefined || start.slide === slide.id;
  return (
    <main hidden={hidden} className={props.beside.choice ? "two" : ""}>
      <div
        className="stage-half"
        onPointerDownCapture={() => props.beside.lead("first")}
        onWheelCapture={() => props.beside.lead("first")}
      >
        <Viewer
          key={slide.id}
          ref={viewer}
          slide={slide}
          tiles={tiles?.slide === slide.id ? tiles : null}
          mpp={mpp}
          mppNote={
            slide.mpp
              ? (MPP_NOTES[slide.mpp_source] ?? "")
              : mpp
                ? t("µm/px estimated from red cells")
                : t("µm/px unknown")
          }
          scene={scene}
          jobId={jobId}
          addMode={adding.on || (tools.tool !== null && !tools.draft?.whole)}
          drawMode={tools.tool === "lasso"}
          onDraw={(points, complete, screen) => {
            tools.draw(points, complete, screen);
            if (complete && points.length > 2) props.area?.choose(points);
          }}
          hint={hintOf(adding, tools)}
          start={startsHere ? start : {}}
          onMoved={onMoved}
          onAdd={tools.tool ? tools.put : adding.put}
          onPick={onPick}
          onFrame={(place) => props.beside.moved("first", place)}
        />
        <ToolBar
          tools={tools}
          mpp={mpp}
          area={props.area}
          onGo={(x, y) => viewer.current?.goTo(x, y)}
          onSnapshot={() => viewer.current?.snapshot(`${data.case.accession}-${slide.name}.png`)}
        />
        {props.here && jobId && (
          <HereBox
            jobId={jobId}
            schema={schema}
            outline={props.here}
            revision={props.revision}
            onClose={() => props.onHere("")}
          />
        )}
        {adding.place?.existing && (
          <OccupiedPlace
            existing={adding.place.existing}
            at={adding.place.screen}
            onName={adding.nameThere}
            onSecond={adding.second}
            onCancel={adding.cancel}
          />
        )}
        {adding.place && !adding.place.existing && (
          <ClassPicker
            title={adding.place.names ? t("Class of the cell that is there") : t("Class of the missed cell")}
            schema={adding.place.nucleated_only ? nucleatedOnly(schema) : schema}
            note={noteOf(adding.place)}
            at={adding.place.screen}
            onPick={(cls) => void adding.pick(cls)}
            onCancel={adding.cancel}
          />
        )}
      </div>
      <Beside data={data} beside={props.beside} say={props.say} />
    </main>
  );
}

/** What has to be known before a class is given. */
function noteOf(place: AddingPlace): string {
  const notes = [
    place.nucleated_only ? t("Only nucleated cells are counted in this field.") : "",
    place.cut ? t("It extends beyond the edge of the picture, but is counted because you name it.") : "",
    place.names ? t("Its name was {name}.", { name: place.names.name }) : "",
  ];
  return notes.filter(Boolean).join(" ");
}

/** What a click on the slide does now; empty where it chooses a cell. */
function hintOf(adding: Props["adding"], { tool, draft }: Tools): string {
  if (adding.place) return "";
  if (adding.on && !tool)
    return adding.refused
      ? t("{refusal} Click another place; Esc stops adding.", { refusal: adding.refused })
      : t("Click the centre of the missed cell. Esc cancels.");
  if (!tool || draft?.whole) return "";
  if (tool === "lasso") return t("Drag round the cells. Esc cancels.");
  if (tool === "point") return t("Click the place. Esc cancels.");
  if (tool === "polygon")
    return t("Click the corners; Enter closes the area, Backspace removes the last corner. Esc cancels.");
  if (tool === "line") return t(draft ? "Click the other end. Esc cancels." : "Click one end. Esc cancels.");
  return t(draft ? "Click the other corner. Esc cancels." : "Click one corner. Esc cancels.");
}
