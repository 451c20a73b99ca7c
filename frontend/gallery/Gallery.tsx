import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { Mark } from "../shared/Mark";
import type { GalleryRow, Schema } from "../shared/types";

export type View = "unsure" | "sure" | "position" | "must-see";
export const SIZES = { S: 56, M: 80, L: 120 } as const;

interface Props {
  title: string;
  jobId: string;
  schema: Schema;
  rows: readonly GalleryRow[];
  total: number;
  loading: boolean;
  error: string;
  empty: string;
  chosen: ReadonlySet<string>;
  current: number;
  view: View;
  size: keyof typeof SIZES;
  canReview: boolean;
  onView(view: View): void;
  onSize(size: keyof typeof SIZES): void;
  onChoose(index: number, how: "one" | "add" | "range"): void;
  onGo(index: number): void;
  onConfirmAll(): void;
  onColumns(columns: number): void;
  onMore(): void;
}

export function keyOf(row: GalleryRow): string {
  return row.row !== null ? `r${row.row}` : `a${row.added}`;
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
  const { onColumns, onMore } = props;

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
    if (props.rows.length < props.total && last >= lines - 6) onMore();
  }, [last, lines, props.rows.length, props.total, onMore]);

  return (
    <section className="gallery" aria-label="Gallery">
      <header>
        <h2>
          {props.title} <b>{props.total}</b>
        </h2>
        <div className="tools">
          <select value={props.view} onChange={(e) => props.onView(e.target.value as View)} aria-label="Order">
            <option value="unsure">least sure first</option>
            <option value="sure">surest first</option>
            <option value="position">as on the slide</option>
          </select>
          <fieldset className="sizes">
            <legend className="hidden">Size</legend>
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
          {props.canReview && props.rows.length > 0 && (
            <button type="button" onClick={props.onConfirmAll} title="Confirm every cell shown here that is still open">
              confirm all
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
          <p className="note">{props.loading ? "Fetching cells…" : props.empty}</p>
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
                    chosen={props.chosen.has(keyOf(row))}
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

interface PictureProps {
  row: GalleryRow;
  jobId: string;
  schema: Schema;
  size: number;
  chosen: boolean;
  current: boolean;
  onChoose(how: "one" | "add" | "range"): void;
  onGo(): void;
}

const STATE_SIGN: Record<string, string> = { confirmed: "✓", relabelled: "✎", rejected: "✕" };

function Picture({ row, jobId, schema, size, chosen, current, onChoose, onGo }: PictureProps) {
  const known = row.label !== null && row.label >= 0 ? schema.classes[row.label] : undefined;
  const machine = row.class !== null ? schema.classes[row.class] : undefined;
  const changed = row.state === "relabelled" && machine && known && machine.index !== known.index;
  const source =
    row.row !== null
      ? `/api/jobs/${jobId}/cells/${row.row}/crop.jpg?size=128`
      : `/api/jobs/${jobId}/added/${row.added}/crop.jpg?size=128`;
  const words = [
    row.state === "rejected" ? "rejected" : (known?.name ?? "unknown"),
    changed ? `machine: ${machine.name}` : "",
    row.p !== null ? `${Math.round(row.p * 100)} %` : "added by a person",
    row.must_see ? `must be seen: ${row.must_see}` : "",
    row.state,
  ].filter(Boolean);
  return (
    <button
      type="button"
      role="option"
      aria-selected={chosen}
      tabIndex={-1}
      className={`picture ${row.state}${chosen ? " chosen" : ""}${current ? " current" : ""}${row.must_see ? " must" : ""}`}
      style={{ width: `${size}px`, height: `${size}px` }}
      title={words.join(" · ")}
      onClick={(e) => onChoose(e.shiftKey ? "range" : e.ctrlKey || e.metaKey ? "add" : "one")}
      onDoubleClick={onGo}
    >
      <img src={source} alt={words[0]} width={size} height={size} loading="lazy" draggable={false} />
      {row.state && <i className="sign">{STATE_SIGN[row.state]}</i>}
      {known && (changed || size > 60) && (
        <span className="tag">
          <Mark mark={known.mark} colour={known.colour} size={10} />
          {size > 100 ? known.short : ""}
        </span>
      )}
    </button>
  );
}
