import { type DragEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import type { DifferentialClass, Differential as Groups } from "../room/usedifferential";
import { percent } from "../shared/format";
import { Mark } from "../shared/Mark";
import type { CellClass, GalleryRow, Schema } from "../shared/types";
import { ORDERS, SIZES, type View } from "./Gallery";
import { keyOf } from "./keyof";
import { onScreen } from "./onscreen";
import { Picture } from "./Picture";

interface Props {
  groups: Groups;
  jobId: string;
  schema: Schema;
  chosen: ReadonlySet<string>;
  current: number;
  canReview: boolean;
  onChoose(index: number, how: "one" | "add" | "range"): void;
  onGo(row: GalleryRow): void;
  /** Give the dragged cell, or the chosen cells where it is one of them, another class. */
  onDrop(key: string, cls: number): void;
  /** Ask for the class of a cell at a place of the page. */
  onMenu(index: number, at: readonly [number, number]): void;
  onConfirm(keys: ReadonlySet<string>): void;
  onClose(): void;
}

/** Cells as rows of pictures, one row a class, with count, share and target. */
export function Differential(props: Props) {
  const { groups, onClose } = props;
  const first = new Map<DifferentialClass, number>();
  let n = 0;
  for (const group of groups.filled) {
    first.set(group, n);
    n += group.rows.length;
  }
  return (
    <section className="differential" aria-label="Differential">
      <header>
        <h2>Differential</h2>
        {groups.sections.map((s) => (
          <span key={s.key}>
            {s.title}: <b>{s.n.reviewed}</b>
            {s.target !== null && ` of ${s.target}`} {s.noun}
          </span>
        ))}
        <Choices groups={groups} />
        <button type="button" onClick={onClose} title="Back to the slide (Shift + D)">
          Back to the slide
        </button>
      </header>
      {groups.problem && (
        <p className="note" role="alert">
          {groups.problem}
        </p>
      )}
      {groups.loading && <p className="note">Loading cells…</p>}
      {groups.filled.map((group) => (
        <ClassRow key={group.cell.key} {...props} group={group} first={first.get(group) ?? 0} />
      ))}
      {groups.empty.length > 0 && (
        <p className="without">
          Without cells:{" "}
          {groups.empty.map((c) => (
            <DropName key={c.key} cell={c} onDrop={props.onDrop} />
          ))}
        </p>
      )}
    </section>
  );
}

/** Which cells, in which order, how large. */
function Choices({ groups }: { groups: Groups }) {
  const { kinds, kind, view, size } = groups;
  return (
    <span className="choices">
      {kinds.length > 1 && (
        <span role="tablist" aria-label="Kind of cells">
          {kinds.map((k) => (
            <button
              key={k.key}
              type="button"
              role="tab"
              aria-selected={k.key === kind}
              onClick={() => groups.setKind(k.key)}
            >
              {k.name}
            </button>
          ))}
        </span>
      )}
      <select value={view} onChange={(e) => groups.setView(e.target.value as View)} aria-label="Order of the pictures">
        {ORDERS.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      <select
        value={size}
        onChange={(e) => groups.setSize(e.target.value as keyof typeof SIZES)}
        aria-label="Size of the pictures"
      >
        {Object.keys(SIZES).map((key) => (
          <option key={key}>{key}</option>
        ))}
      </select>
    </span>
  );
}

const over = (event: DragEvent) => event.preventDefault();
const dragged = (event: DragEvent) => event.dataTransfer.getData("text/plain");

function DropName({ cell, onDrop }: { cell: CellClass; onDrop: Props["onDrop"] }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; keys and the menu do the same
    <span className="drop-name" onDragOver={over} onDrop={(e) => onDrop(dragged(e), cell.index)}>
      <Mark mark={cell.mark} colour={cell.colour} /> {cell.name} {cell.shortcut && <kbd>{cell.shortcut}</kbd>}
    </span>
  );
}

const SHOWN = 60;

function ClassRow(props: Props & { group: DifferentialClass; first: number }) {
  const { group, first, jobId, schema, chosen, current, canReview } = props;
  const { cell, share, rows } = group;
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
    <div className="class-row" onDragOver={over} onDrop={(e) => props.onDrop(dragged(e), cell.index)}>
      <h3>
        <Mark mark={cell.mark} colour={cell.colour} /> <span>{cell.name}</span>
        {cell.shortcut && <kbd>{cell.shortcut}</kbd>}
        <b>{share ? share.count : rows.length}</b>
        <small>{share && percent(share)}</small>
        {canReview && (
          <button type="button" onClick={() => cells.current && props.onConfirm(onScreen(cells.current))}>
            Confirm those on screen
          </button>
        )}
      </h3>
      <div className="class-cells" ref={cells} role="listbox" aria-multiselectable="true" aria-label={cell.name}>
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
              chosen={chosen.has(keyOf(row))}
              current={first + i === current}
              onChoose={(how) => props.onChoose(first + i, how)}
              onGo={() => props.onGo(row)}
            />
          </span>
        ))}
      </div>
      {!all && rows.length > SHOWN && (
        <button type="button" className="fold" onClick={() => setEvery(true)}>
          {rows.length - SHOWN} more
        </button>
      )}
      {share && share.count > rows.length && (
        <p className="without">
          {rows.length} of {share.count} are here; the gallery of the class holds all.
        </p>
      )}
    </div>
  );
}
