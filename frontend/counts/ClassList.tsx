import { Mark } from "../shared/Mark";
import type { Counts, Schema } from "../shared/types";

interface Props {
  schema: Schema;
  counts: Counts | null;
  runningCounts: number[] | null;
  hidden: ReadonlySet<number>;
  chosen: number | "must-see" | "all";
  threshold: number;
  opacity: number;
  showRegions: boolean;
  onChoose(which: number | "must-see" | "all"): void;
  onToggle(classes: number[]): void;
  onThreshold(value: number): void;
  onOpacity(value: number): void;
  onRegions(value: boolean): void;
}

/** The class list: legend, filter and switch in one, with counts that follow each key. */
export function ClassList(props: Props) {
  const { schema, counts } = props;
  const tally = new Map<number, number>();
  for (const section of counts?.sections ?? [])
    for (const row of section.rows) if (row.class !== null) tally.set(row.class, row.reviewed.count);
  for (const row of counts?.outside ?? []) tally.set(row.class, row.count);
  const running = props.runningCounts;
  const count = (index: number) => (running ? (running[index] ?? 0) : (tally.get(index) ?? 0));
  return (
    <nav className="classes" aria-label="Classes">
      <button
        type="button"
        className={`class must${props.chosen === "must-see" ? " on" : ""}`}
        onClick={() => props.onChoose("must-see")}
      >
        <span>Must be seen</span>
        <b>{counts ? counts.must_see.open : "–"}</b>
      </button>
      <div className="classes-scroll">
        {schema.groups.map((group) => {
          const classes = schema.classes.filter((c) => c.group === group.key);
          if (!classes.length) return null;
          const sum = classes.reduce((n, c) => n + count(c.index), 0);
          const allHidden = classes.every((c) => props.hidden.has(c.index));
          return (
            <section key={group.key}>
              <h3>
                <button
                  type="button"
                  className="eye"
                  aria-pressed={!allHidden}
                  aria-label={`${allHidden ? "Show" : "Hide"} ${group.name} on the slide`}
                  onClick={() => props.onToggle(classes.map((c) => c.index))}
                >
                  {allHidden ? "○" : "●"}
                </button>
                <span>{group.name}</span>
                <b>{sum}</b>
              </h3>
              {classes.map((c) => (
                <div
                  key={c.key}
                  className={`class${props.chosen === c.index ? " on" : ""}${count(c.index) ? "" : " none"}`}
                >
                  <button
                    type="button"
                    className="eye"
                    aria-pressed={!props.hidden.has(c.index)}
                    aria-label={`${props.hidden.has(c.index) ? "Show" : "Hide"} ${c.name} on the slide`}
                    onClick={() => props.onToggle([c.index])}
                  >
                    {props.hidden.has(c.index) ? <i className="off" /> : <Mark mark={c.mark} colour={c.colour} />}
                  </button>
                  <button type="button" className="name" onClick={() => props.onChoose(c.index)}>
                    <span>{c.name}</span>
                    {c.shortcut && <kbd>{c.shortcut}</kbd>}
                    <b>{count(c.index)}</b>
                  </button>
                </div>
              ))}
            </section>
          );
        })}
      </div>
      <div className="sliders">
        <label>
          <span>Least score</span>
          <input
            type="range"
            min="0"
            max="0.95"
            step="0.05"
            value={props.threshold}
            onChange={(e) => props.onThreshold(Number(e.target.value))}
          />
          <output>{props.threshold.toFixed(2)}</output>
        </label>
        <label>
          <span>Opacity</span>
          <input
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={props.opacity}
            onChange={(e) => props.onOpacity(Number(e.target.value))}
          />
          <output>{Math.round(props.opacity * 100)} %</output>
        </label>
        <label className="tick">
          <input type="checkbox" checked={props.showRegions} onChange={(e) => props.onRegions(e.target.checked)} />{" "}
          Fields used and refused
        </label>
      </div>
    </nav>
  );
}
