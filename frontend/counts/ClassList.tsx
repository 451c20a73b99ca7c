import { useState } from "react";
import type { Which } from "../room/usegallery";
import type { Marks } from "../room/usemarks";
import type { Notes } from "../room/usenotes";
import { plural, t } from "../shared/catalogue";
import { number } from "../shared/format";
import { Mark } from "../shared/Mark";
import type { CellClass, Counts, Schema } from "../shared/types";
import { type CountsTrouble, hasFailed, NoCounts } from "./NoCounts";
import { type ClassGroup, classGroups } from "./order";
import { Sliders } from "./Sliders";

interface Props {
  schema: Schema;
  counts: Counts | null;
  runningCounts: number[] | null;
  trouble: CountsTrouble;
  marks: Marks;
  selection: Which;
  notes: Notes;
  onChoose(which: Which): void;
}

/** The class list: legend, filter and switch in one, with counts that follow each key. */
export function ClassList({ schema, counts, runningCounts, trouble, marks, selection, notes, onChoose }: Props) {
  const tally = new Map<number, number>();
  for (const section of counts?.sections ?? [])
    for (const row of section.rows) if (row.class !== null) tally.set(row.class, row.reviewed.count);
  for (const row of counts?.outside ?? []) tally.set(row.class, row.count);
  const count = (index: number) => (runningCounts ? (runningCounts[index] ?? 0) : (tally.get(index) ?? 0));
  const hasCounts = counts !== null || runningCounts !== null;
  const groups = classGroups(schema, count, typeof selection === "number" ? selection : null);
  return (
    <nav className="classes" aria-label={t("Classes")}>
      <button
        type="button"
        className={`class must${selection === "must-see" ? " on" : ""}`}
        onClick={() => onChoose("must-see")}
      >
        <span>{t("Must be seen")}</span>
        <b>{counts ? number.format(counts.must_see.open) : "–"}</b>
      </button>
      {counts === null && hasFailed(trouble) && (
        <p className="counts-failed">
          <NoCounts {...trouble} />
        </p>
      )}
      <div className="noted-lists">
        {NOTED.map(([which, name, n]) => (
          <button
            key={which}
            type="button"
            className={selection === which ? "on" : ""}
            aria-pressed={selection === which}
            onClick={() => onChoose(which)}
          >
            {name} <b>{number.format(notes[n])}</b>
          </button>
        ))}
      </div>
      <div className="classes-scroll">
        {groups.map((group) => (
          <Group
            key={group.key}
            group={group}
            count={hasCounts ? count : null}
            marks={marks}
            selection={selection}
            onChoose={onChoose}
          />
        ))}
      </div>
      <Sliders marks={marks} />
    </nav>
  );
}

const NOTED = [
  ["teach", t("★ Teaching"), "teaching"],
  ["comment", t("✍ Commented"), "commented"],
] as const;

interface GroupProps {
  group: ClassGroup;
  /** Null while nothing has been counted. */
  count: ((index: number) => number) | null;
  marks: Marks;
  selection: Which;
  onChoose(which: Which): void;
}

function Group({ group, count, marks, selection, onChoose }: GroupProps) {
  const [unfolded, setUnfolded] = useState(false);
  const classes = [...group.filled, ...group.empty];
  const allHidden = classes.every((c) => marks.hidden.has(c.index));
  const line = (c: CellClass) => (
    <Line
      key={c.key}
      cell={c}
      n={count?.(c.index) ?? null}
      marks={marks}
      on={selection === c.index}
      onChoose={onChoose}
    />
  );
  return (
    <section>
      <h3>
        <button
          type="button"
          className="eye"
          aria-pressed={!allHidden}
          aria-label={
            allHidden
              ? t("Mark {name} on the slide", { name: group.name })
              : t("Do not mark {name} on the slide", { name: group.name })
          }
          onClick={() => marks.toggle(classes.map((c) => c.index))}
        >
          {allHidden ? "○" : "●"}
        </button>
        <span>{group.name}</span>
        <b>{count ? number.format(group.total) : "–"}</b>
      </h3>
      {group.filled.map(line)}
      {unfolded && group.empty.map(line)}
      {group.empty.length > 0 && (
        <button type="button" className="fold" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          {unfolded
            ? t("Hide empty classes")
            : !count
              ? plural(group.empty.length, "{n} class", "{n} classes")
              : group.filled.length
                ? plural(group.empty.length, "{n} more without cells", "{n} more without cells")
                : plural(group.empty.length, "{n} class without cells", "{n} classes without cells")}
        </button>
      )}
    </section>
  );
}

interface LineProps {
  cell: CellClass;
  n: number | null;
  marks: Marks;
  on: boolean;
  onChoose(which: Which): void;
}

function Line({ cell, n, marks, on, onChoose }: LineProps) {
  const hidden = marks.hidden.has(cell.index);
  return (
    <div className={`class${on ? " on" : ""}${n ? "" : " none"}`}>
      <button
        type="button"
        className="eye"
        aria-pressed={!hidden}
        aria-label={
          hidden
            ? t("Mark {name} on the slide", { name: cell.name })
            : t("Do not mark {name} on the slide", { name: cell.name })
        }
        onClick={() => marks.toggle([cell.index])}
      >
        {hidden ? <i className="off" /> : <Mark mark={cell.mark} colour={cell.colour} />}
      </button>
      <button type="button" className="name" title={cell.name} onClick={() => onChoose(cell.index)}>
        <span>{cell.name}</span>
        {cell.shortcut && <kbd>{cell.shortcut}</kbd>}
        <b>{n === null ? "–" : number.format(n)}</b>
      </button>
      <button
        type="button"
        className="only"
        aria-label={t("Mark only {name} on the slide", { name: cell.name })}
        title={t("Mark only this class on the slide; press again to mark what matters")}
        onClick={() => marks.only(cell.index)}
      >
        {t("only")}
      </button>
    </div>
  );
}
