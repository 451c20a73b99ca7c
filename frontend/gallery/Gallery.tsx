import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { Notes } from "../room/usenotes";
import { t } from "../shared/catalogue";
import { number } from "../shared/format";
import type { GalleryRow, Schema } from "../shared/types";
import { keyOf } from "./keyof";
import { onScreen } from "./onscreen";
import { Picture } from "./Picture";

export type View = "unsure" | "sure" | "position" | "largest" | "smallest";

export const ORDERS: readonly (readonly [View, string])[] = [
  ["unsure", t("least certain first")],
  ["sure", t("most certain first")],
  ["largest", t("largest first")],
  ["smallest", t("smallest first")],
  ["position", t("in slide order")],
];
export const SIZES = { S: 56, M: 80, L: 120 } as const;

interface Props {
  title: string;
  jobId: string;
  schema: Schema;
  rows: readonly GalleryRow[];
  notes: Notes;
  /** How many cells the list holds; null while that is not known. */
  total: number | null;
  /** Why another number stands in the list of classes, or what else is to be known of the list; "": nothing. */
  note: string;
  loading: boolean;
  error: string;
  empty: string;
  selection: ReadonlySet<string>;
  current: number;
  /** Null where the list has an order of its own. */
  view: View | null;
  size: keyof typeof SIZES;
  onView(view: View): void;
  onSize(size: keyof typeof SIZES): void;
  onChoose(index: number, how: "one" | "add" | "range"): void;
  onGo(index: number): void;
  /** Confirm these cells, which are on screen; absent where cells are confirmed one at a time. */
  onConfirm: ((keys: ReadonlySet<string>) => void) | null;
  onColumns(columns: number): void;
  onMore(): void;
}

/** The pictures of one class, a grid of which only what is in view exists. */
export function Gallery(props: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(340);
  const tile = SIZES[props.size] + 6;
  const columns = Math.max(1, Math.floor((width - 12) / tile));
  const lines = Math.ceil(props.rows.length / columns);
  const grid = useVirtualizer({
    count: lines,
    getScrollElement: () => scroller.current,
    estimateSize: () => tile,
    overscan: 4,
  });
  const { onColumns, onMore, onConfirm } = props;

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => onColumns(columns), [columns, onColumns]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new size of tile needs a new measure
  useEffect(() => grid.measure(), [tile, columns]);
  const { current } = props;
  useEffect(() => {
    if (current >= 0) grid.scrollToIndex(Math.floor(current / columns), { align: "auto" });
  }, [current, columns, grid]);
  const items = grid.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (props.rows.length < (props.total ?? 0) && last >= lines - 6) onMore();
  }, [last, lines, props.rows.length, props.total, onMore]);

  return (
    <section className="gallery" aria-label={t("Gallery")}>
      <header>
        <h2>
          {props.title} <b>{props.total === null ? "…" : number.format(props.total)}</b>
        </h2>
        {props.note && <p className="list-note">{props.note}</p>}
        <div className="tools">
          {props.view && (
            <select value={props.view} onChange={(e) => props.onView(e.target.value as View)} aria-label={t("Order")}>
              {ORDERS.map(([view, name]) => (
                <option key={view} value={view}>
                  {name}
                </option>
              ))}
            </select>
          )}
          <fieldset className="sizes">
            <legend className="hidden">{t("Size")}</legend>
            {(Object.keys(SIZES) as (keyof typeof SIZES)[]).map((size) => (
              <button
                key={size}
                type="button"
                className={size === props.size ? "on" : ""}
                onClick={() => props.onSize(size)}
              >
                {size}
              </button>
            ))}
          </fieldset>
          {onConfirm && props.rows.length > 0 && (
            <button
              type="button"
              onClick={() => scroller.current && onConfirm(onScreen(scroller.current))}
              title={t("Confirm the open cells whose pictures are on screen now")}
            >
              {t("Confirm those on screen")}
            </button>
          )}
        </div>
      </header>
      <div
        className="gallery-scroll"
        ref={scroller}
        role="listbox"
        aria-multiselectable="true"
        aria-label={props.title}
        tabIndex={0}
      >
        {props.error ? (
          <p className="note" role="alert">
            {props.error}
          </p>
        ) : props.rows.length === 0 ? (
          <p className="note">{props.loading ? t("Loading cells…") : props.empty}</p>
        ) : (
          <div className="gallery-sheet" role="presentation" style={{ height: `${grid.getTotalSize()}px` }}>
            {items.map((line) => (
              <div
                key={line.key}
                role="presentation"
                className="gallery-line"
                style={{ transform: `translateY(${line.start}px)`, height: `${tile}px` }}
              >
                {props.rows.slice(line.index * columns, (line.index + 1) * columns).map((row, i) => (
                  <Picture
                    key={keyOf(row)}
                    row={row}
                    jobId={props.jobId}
                    schema={props.schema}
                    size={SIZES[props.size]}
                    notes={props.notes.of(keyOf(row))}
                    inSelection={props.selection.has(keyOf(row))}
                    current={line.index * columns + i === props.current}
                    onChoose={(how) => props.onChoose(line.index * columns + i, how)}
                    onGo={() => props.onGo(line.index * columns + i)}
                  />
                ))}
              </div>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}
