import { useState } from "react";
import { t } from "../shared/catalogue";
import type { Annotation } from "../shared/types";
import type { Point } from "../viewer/glue";
import type { ShapeKind } from "../viewer/shapes";
import { cornersOf, measureText } from "../viewer/shapes";
import type { Tools } from "./usetools";

const TOOLS: { kind: ShapeKind; name: string; hint: string }[] = [
  { kind: "line", name: t("Length"), hint: t("Measure a length: click both ends") },
  { kind: "polygon", name: t("Area"), hint: t("Measure an area: click its corners, Enter closes it") },
  { kind: "rectangle", name: t("Rectangle"), hint: t("Mark a rectangle: click two corners") },
  { kind: "point", name: t("Point"), hint: t("Mark a point") },
];

interface Props {
  tools: Tools;
  mpp: number | null;
  /** What may be done with the cells within what is drawn; null while there are none. */
  area: AreaActs | null;
  onGo(x: number, y: number): void;
  onSnapshot(): void;
}

export interface AreaActs {
  choose(points: readonly Point[]): void;
  count(points: readonly Point[]): void;
  /** Null where nothing may be ordered. */
  analyse: ((points: readonly Point[]) => void) | null;
}

/** Measures and notes on the slide. */
export function ToolBar({ tools, mpp, area, onGo, onSnapshot }: Props) {
  const [listed, setListed] = useState(false);
  const { annotations } = tools;
  return (
    <div className="slide-tools">
      <fieldset>
        <legend className="hidden">{t("Tools")}</legend>
        {area && (
          <button
            type="button"
            title={t("Choose cells: drag round them (Shift + L)")}
            aria-pressed={tools.tool === "lasso"}
            className={tools.tool === "lasso" ? "on" : ""}
            onClick={() => tools.choose("lasso")}
          >
            {t("Lasso")}
          </button>
        )}
        {TOOLS.map(({ kind, name, hint }) => (
          <button
            key={kind}
            type="button"
            title={hint}
            aria-pressed={tools.tool === kind}
            className={tools.tool === kind ? "on" : ""}
            onClick={() => tools.choose(kind)}
          >
            {name}
          </button>
        ))}
        <button type="button" onClick={onSnapshot} title={t("Save what is shown as a picture with a scale bar")}>
          {t("Snapshot")}
        </button>
        <button
          type="button"
          aria-expanded={listed}
          onClick={() => setListed(!listed)}
          title={t("Notes on this slide")}
        >
          {t("Notes {n}", { n: annotations.length })}
        </button>
        {tools.undo && (
          <button type="button" onClick={() => void tools.undo?.()} title={t("Undo my last change of a note")}>
            {t("Undo note")}
          </button>
        )}
      </fieldset>
      {tools.draft?.whole && <Writing key={tools.draft.shape.points.join()} tools={tools} mpp={mpp} area={area} />}
      {listed && (
        <ul className="notes-list" aria-label={t("Notes on this slide")}>
          {annotations.length === 0 && <li className="soft">{t("No notes yet.")}</li>}
          {annotations.map((one) => (
            <li key={one.id}>
              <button type="button" className="plain" onClick={() => onGo(...middleOf(one))}>
                {one.text || TOOLS.find((tool) => tool.kind === one.kind)?.name}
              </button>{" "}
              <span className="soft">
                {[measureText({ kind: one.kind, points: pairsOf(one) }, mpp), one.by].filter(Boolean).join(" · ")}
              </span>
              {tools.may && (
                <button type="button" className="plain" onClick={() => void tools.remove(one.id)}>
                  {t("Remove")}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Writing({ tools, mpp, area }: Pick<Props, "tools" | "mpp" | "area">) {
  const [text, setText] = useState("");
  const shape = tools.draft?.shape;
  if (!shape) return null;
  const measure = measureText(shape, mpp);
  const corners = cornersOf(shape);
  return (
    <form
      className="writing"
      aria-label={t("Note")}
      onKeyDown={(event) => event.key === "Escape" && tools.cancel()}
      onSubmit={(event) => {
        event.preventDefault();
        void tools.keep(text);
      }}
    >
      {measure && <b>{measure}</b>}
      {area && corners.length > 2 && <AreaButtons area={area} corners={corners} />}
      {tools.may && (
        <>
          <input
            // biome-ignore lint/a11y/noAutofocus: the note is what the reader asked for
            autoFocus={tools.tool !== "lasso"}
            aria-label={t("Text of the note")}
            placeholder={t("Note")}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
          <button type="submit" className="primary">
            {t("Keep")}
          </button>
        </>
      )}
      <button type="button" onClick={tools.discard}>
        {t("Discard")}
      </button>
    </form>
  );
}

function AreaButtons({ area, corners }: { area: AreaActs; corners: readonly Point[] }) {
  const { analyse } = area;
  return (
    <>
      <button type="button" onClick={() => area.choose(corners)} title={t("Choose the marked cells within")}>
        {t("Choose cells")}
      </button>
      <button type="button" onClick={() => area.count(corners)} title={t("Count the cells within")}>
        {t("Count here")}
      </button>
      {analyse && (
        <button
          type="button"
          onClick={() => analyse(corners)}
          title={t("Analyse the rectangle around it on its own; the reported analysis stays the same")}
        >
          {t("Analyse here")}
        </button>
      )}
    </>
  );
}

export function pairsOf(one: Annotation): [number, number][] {
  return one.points.map(([x, y]) => [x ?? 0, y ?? 0]);
}

function middleOf(one: Annotation): [number, number] {
  const points = pairsOf(one);
  const mean = (axis: 0 | 1) => points.reduce((sum, p) => sum + p[axis], 0) / points.length;
  return [mean(0), mean(1)];
}
