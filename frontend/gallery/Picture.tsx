import { t } from "../shared/catalogue";
import { certainty, LABEL_STATES } from "../shared/format";
import { Mark } from "../shared/Mark";
import type { CellNote, GalleryRow, Schema } from "../shared/types";
import { CellPicture } from "./CellPicture";
import { keyOf } from "./keyof";

interface Props {
  row: GalleryRow;
  jobId: string;
  schema: Schema;
  size: number;
  notes: readonly CellNote[];
  inSelection: boolean;
  current: boolean;
  onChoose(how: "one" | "add" | "range"): void;
  onGo(): void;
}

const STATE_SIGN: Record<string, string> = { confirmed: "✓", relabelled: "✎", rejected: "✕" };

/** Where a cell's picture is. */
export function pictureUrl(jobId: string, row: Pick<GalleryRow, "row" | "added">): string {
  return `/api/v1/jobs/${jobId}/${row.row !== null ? `cells/${row.row}` : `added/${row.added}`}/crop.jpg`;
}

/** A star for a cell to teach with, a pen for one that somebody wrote on. */
function notesSign(notes: readonly CellNote[]): string {
  const kinds = new Set(notes.map((n) => n.kind));
  return `${kinds.has("teach") ? "★" : ""}${kinds.has("comment") ? "✍" : ""}`;
}

/** One cell of the gallery. */
export function Picture({ row, jobId, schema, size, notes, inSelection, current, onChoose, onGo }: Props) {
  const cellClass = row.label !== null && row.label >= 0 ? schema.classes[row.label] : undefined;
  const machine = row.class !== null ? schema.classes[row.class] : undefined;
  const changed = row.state === "relabelled" && machine && cellClass && machine.index !== cellClass.index;
  const words = [
    row.state === "rejected" ? t("rejected") : (cellClass?.name ?? t("unknown")),
    changed ? t("machine: {name}", { name: machine.name }) : "",
    row.added === null ? certainty(row.p) : t("added by a person"),
    row.must_see ? t("must be seen: {must_see}", { must_see: row.must_see }) : "",
    LABEL_STATES[row.state] ?? row.state,
    ...notes.map((n) => (n.kind === "teach" ? t("for teaching") : `“${n.text}”`)),
  ].filter(Boolean);
  return (
    <button
      type="button"
      role="option"
      aria-selected={inSelection}
      tabIndex={-1}
      data-cell={keyOf(row)}
      className={`picture ${row.state}${inSelection ? " chosen" : ""}${current ? " current" : ""}${row.must_see ? " must" : ""}`}
      style={{ width: `${size}px`, height: `${size}px` }}
      title={words.join(" · ")}
      onClick={(e) => onChoose(e.shiftKey ? "range" : e.ctrlKey || e.metaKey ? "add" : "one")}
      onDoubleClick={onGo}
    >
      <CellPicture
        key={`${jobId} ${keyOf(row)}`}
        src={`${pictureUrl(jobId, row)}?size=128`}
        alt={words[0] ?? ""}
        size={size}
        lazy
      />
      {notes.length > 0 && <i className="noted">{notesSign(notes)}</i>}
      {row.state && <i className="sign">{STATE_SIGN[row.state]}</i>}
      {cellClass && (changed || size > 60) && (
        <span className="tag">
          <Mark mark={cellClass.mark} colour={cellClass.colour} size={10} />
          {size > 100 ? cellClass.short : ""}
        </span>
      )}
    </button>
  );
}
