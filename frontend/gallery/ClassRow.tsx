import { type DragEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import type { DifferentialClass } from "../room/usedifferential";
import { plural, t } from "../shared/catalogue";
import { number, percent } from "../shared/format";
import { UNIDENTIFIED } from "../shared/holds";
import { Mark } from "../shared/Mark";
import type { CellClass } from "../shared/types";
import type { Props } from "./Differential";
import { SIZES } from "./Gallery";
import { keyOf } from "./keyof";
import { countedNote, rowNumber } from "./listnote";
import { Picture } from "./Picture";
import { RowActs } from "./RowActs";

const over = (event: DragEvent) => event.preventDefault();
const dragged = (event: DragEvent) => event.dataTransfer.getData("text/plain");

/** A class without cells, to drop one on. */
export function DropName({ cell, onDrop }: { cell: CellClass; onDrop: Props["onDrop"] }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; keys and the menu do the same
    <span className="drop-name" onDragOver={over} onDrop={(e) => onDrop(dragged(e), cell.index)}>
      <Mark mark={cell.mark} colour={cell.colour} /> {cell.name} {cell.shortcut && <kbd>{cell.shortcut}</kbd>}
    </span>
  );
}

const SHOWN = 60;

export interface RowProps extends Props {
  group: DifferentialClass;
  /** Place of its first cell among all that are shown. */
  first: number;
  /** What of the class is left to see; "" where nothing is. */
  rest: string;
}

/** One class: its count, its share, and its cells as pictures. */
export function ClassRow(props: RowProps) {
  const { group, first, rest, jobId, schema, selection, current, canReview } = props;
  const { cell, share, rows } = group;
  const nameless = cell.key === UNIDENTIFIED;
  const perhaps = nameless && typeof group.perhaps === "number" ? schema.classes[group.perhaps] : undefined;
  const title = perhaps ? t("Unidentified, perhaps {name}", { name: perhaps.name }) : cell.name;
  const total = rows.length + group.unlisted;
  const inClass = Math.max(total, share?.count ?? 0);
  const group_size = props.groups.size;
  const [every, setEvery] = useState(false);
  const cells = useRef<HTMLDivElement>(null);
  // What the keys stand on is never out of sight.
  const all = every || (current >= first + SHOWN && current < first + rows.length);
  useEffect(() => {
    if (current >= first && current < first + rows.length)
      cells.current?.querySelector(".picture.current")?.scrollIntoView({ block: "nearest" });
  }, [current, first, rows.length]);
  const menu = (event: MouseEvent, index: number) => {
    if (!canReview) return;
    event.preventDefault();
    props.onMenu(index, [event.clientX, event.clientY]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; keys and the menu do the same
    <div
      className={`class-row${nameless ? " nameless" : ""}`}
      onDragOver={over}
      onDrop={(e) => props.onDrop(dragged(e), cell.index)}
    >
      <h3>
        <Mark mark={(perhaps ?? cell).mark} colour={(perhaps ?? cell).colour} /> <span>{title}</span>
        {(perhaps ?? cell).shortcut && <kbd>{(perhaps ?? cell).shortcut}</kbd>}
        <b>{number.format(rowNumber(rows, nameless ? 0 : group.unlisted, nameless ? null : share))}</b>
        <small>
          {nameless
            ? first === 0 && t("outside the count until somebody names them")
            : share && share.value !== null && percent(share)}
        </small>
        {rest && <small className="left">{rest}</small>}
        <RowActs {...props} cells={cells} perhaps={perhaps} />
      </h3>
      <div className="class-cells" ref={cells} role="listbox" aria-multiselectable="true" aria-label={title}>
        {(all ? rows : rows.slice(0, SHOWN)).map((row, i) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the button inside is what keys reach
          <span
            key={keyOf(row)}
            role="presentation"
            draggable={canReview}
            onDragStart={(e) => e.dataTransfer.setData("text/plain", keyOf(row))}
            onContextMenu={(e) => menu(e, first + i)}
          >
            <Picture
              row={row}
              jobId={jobId}
              schema={schema}
              size={SIZES[group_size]}
              notes={props.notes.of(keyOf(row))}
              inSelection={selection.has(keyOf(row))}
              current={first + i === current}
              onChoose={(how) => props.onChoose(first + i, how)}
              onGo={() => props.onGo(row)}
            />
          </span>
        ))}
      </div>
      {!all && rows.length > SHOWN && (
        <button type="button" className="fold" onClick={() => setEvery(true)}>
          {t("{n} more", { n: rows.length - SHOWN })}
        </button>
      )}
      {share && share.count < total && !nameless && (
        <p className="without">{countedNote(total, share.count, props.accounts[cell.key])}</p>
      )}
      {inClass > rows.length && !nameless && (
        <p className="without">
          {t("{n} of {count} are here; the gallery of the class holds more.", { n: rows.length, count: inClass })}
        </p>
      )}
      {nameless && group.unlisted > 0 && (
        <p className="without">
          {plural(
            group.unlisted,
            "{n} more cell of this class is in its gallery.",
            "{n} more cells of this class are in its gallery.",
          )}
        </p>
      )}
    </div>
  );
}
