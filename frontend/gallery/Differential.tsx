import { stopOf } from "../counts/stop";
import type { DifferentialClass, Differential as Groups } from "../room/usedifferential";
import type { Notes } from "../room/usenotes";
import { t } from "../shared/catalogue";
import type { Counts, GalleryRow, Schema, Section } from "../shared/types";
import { ClassRow, DropName } from "./ClassRow";
import { ORDERS, SIZES, type View } from "./Gallery";
import { rowRest } from "./listnote";

export interface Props {
  groups: Groups;
  triage: Counts["triage"];
  accounts: Counts["accounts"];
  notes: Notes;
  jobId: string;
  schema: Schema;
  selection: ReadonlySet<string>;
  current: number;
  canReview: boolean;
  onChoose(index: number, how: "one" | "add" | "range"): void;
  onGo(row: GalleryRow): void;
  /** Give the dragged cell, or the chosen cells where it is one of them, another class. */
  onDrop(key: string, cls: number): void;
  /** Ask for the class of a cell at a place of the page. */
  onMenu(index: number, at: readonly [number, number]): void;
  onConfirm(keys: ReadonlySet<string>): void;
  /** Give these cells, which are on screen, a class. */
  onName(keys: ReadonlySet<string>, cls: number): void;
  /** Show typical cells of a class beside the chosen one. */
  onTypical(cls: number): void;
  onClose(): void;
}

/** Cells as rows of pictures, one row a class, with count, share and target. */
export function Differential(props: Props) {
  const { groups, triage, onClose } = props;
  const first = new Map<DifferentialClass, number>();
  let n = 0;
  for (const group of groups.filled) {
    first.set(group, n);
    n += group.rows.length;
  }
  return (
    <section className="differential" aria-label={t("Differential")} tabIndex={-1}>
      <header>
        <h2>{t("Differential")}</h2>
        <Choices groups={groups} />
        <button type="button" onClick={onClose} title={t("Back to the slide (Shift + D)")}>
          {t("Slide")}
        </button>
        {groups.sections
          .filter((s) => s.n.reviewed > 0 || s.target !== null)
          .map((s) => (
            <StopRule key={s.key} section={s} triage={props.triage} />
          ))}
      </header>
      {groups.problem && (
        <p className="note" role="alert">
          {groups.problem}
        </p>
      )}
      {groups.loading && <p className="note">{t("Loading cells…")}</p>}
      {groups.filled.map((group) => (
        <ClassRow
          key={`${group.cell.key}${group.perhaps ?? ""}`}
          {...props}
          group={group}
          first={first.get(group) ?? 0}
          rest={rowRest(group, groups.sections, triage)}
        />
      ))}
      {groups.empty.length > 0 && (
        <p className="without">
          {t("Without cells:")}{" "}
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
        <span role="tablist" aria-label={t("Kind of cells")}>
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
      <select
        value={view}
        onChange={(e) => groups.setView(e.target.value as View)}
        aria-label={t("Order of the pictures")}
      >
        {ORDERS.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      <select
        value={size}
        onChange={(e) => groups.setSize(e.target.value as keyof typeof SIZES)}
        aria-label={t("Size of the pictures")}
      >
        {Object.keys(SIZES).map((key) => (
          <option key={key}>{key}</option>
        ))}
      </select>
    </span>
  );
}

/** How far the review has come, and what is left of it. */
function StopRule({ section, triage }: { section: Section; triage: Counts["triage"] }) {
  const stop = stopOf(section, triage);
  return (
    <span className={`stop-rule${stop.settled ? " settled" : ""}`}>
      <progress max={1} value={stop.share} aria-label={t("{title}: confirmed", { title: section.title })} />
      <b>{stop.text}</b> <small>{stop.rest}</small>
    </span>
  );
}
