import { type RefObject, useLayoutEffect, useRef, useState } from "react";
import { LANGUAGE, plural, t } from "../shared/catalogue";
import { number, percent } from "../shared/format";
import { rich } from "../shared/rich";
import type { Counts, Ratio, Section } from "../shared/types";
import { CountsTable } from "./CountsTable";
import { type CountsTrouble, hasFailed, NoCounts } from "./NoCounts";

interface Props {
  counts: Counts | null;
  trouble: CountsTrouble;
  waiting: number;
}

/** Always in view, changes with each key; opens to the whole table. What it shows is what the examination puts first. */
export function CountsBar({ counts, trouble, waiting }: Props) {
  const [open, setOpen] = useState(false);
  const entries = useRef<HTMLSpanElement>(null);
  const hidden = useHidden(entries, counts);
  if (!counts)
    return (
      <footer className="countsbar empty">
        <div role={hasFailed(trouble) ? "alert" : undefined}>
          <NoCounts {...trouble} />
        </div>
      </footer>
    );
  if (counts.why) return <footer className="countsbar empty">{counts.why}</footer>;
  const unsettled = counts.unsettled[0];
  return (
    <footer className="countsbar">
      {open && <CountsTable counts={counts} />}
      {trouble.problem && (
        <p className="counts-stale" role="alert">
          <NoCounts {...trouble} /> {t("These are the counts of before.")}
        </p>
      )}
      <button
        type="button"
        className="countsline"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        title={t("All counts")}
      >
        <b>{open ? "▾" : "▴"}</b>
        <span className="countsentries" ref={entries}>
          {counts.headline.map((key) => {
            const section = counts.sections.find((s) => s.key === key);
            if (section) return <SectionLine key={key} section={section} />;
            const ratio = counts.ratios.find((r) => r.key === key);
            return ratio ? <RatioLine key={key} ratio={ratio} /> : null;
          })}
          {unsettled && <span className="warn">{unsettled.text}</span>}
        </span>
        {hidden > 0 && <span className="soft">{t("+{n} more", { n: hidden })}</span>}
        {waiting > 0 && (
          <span className="warn">
            {plural(waiting, "without {n} edit not yet sent", "without {n} edits not yet sent")}
          </span>
        )}
        {counts.partial && <span className="warn">{t("partial")}</span>}
      </button>
    </footer>
  );
}

/** How many entries have no place in the line: those stand on further ones, which are out of sight. */
function useHidden(line: RefObject<HTMLElement | null>, counts: Counts | null): number {
  const [hidden, setHidden] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other counts take other room
  useLayoutEffect(() => {
    const element = line.current;
    if (!element) return;
    const measure = () => {
      const every = [...element.children] as HTMLElement[];
      const top = every[0]?.offsetTop ?? 0;
      setHidden(every.filter((entry) => entry.offsetTop > top + 1).length);
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [line, counts]);
  return hidden;
}

/** How many of how many, then the three largest shares; no share of too few cells. */
function SectionLine({ section }: { section: Section }) {
  const largest = [...section.rows].sort((a, b) => b.reviewed.count - a.reviewed.count).slice(0, 3);
  return (
    <>
      <span>
        {section.target === null
          ? rich("{noun} {n}", { noun: section.noun, n: <b>{number.format(section.n.reviewed)}</b> })
          : rich("{noun} {n} of {target}", {
              noun: section.noun,
              n: <b>{number.format(section.n.reviewed)}</b>,
              target: section.target,
            })}
      </span>
      {!section.below_floor &&
        largest
          .filter((r) => r.reviewed.count > 0 && r.reviewed.value !== null)
          .map((r) => (
            <span key={r.key}>
              {r.name.toLocaleLowerCase(LANGUAGE)} <b>{percent(r.reviewed)}</b>
            </span>
          ))}
    </>
  );
}

function RatioLine({ ratio }: { ratio: Ratio }) {
  if (!ratio.reviewed) return null;
  return (
    <span>
      {ratio.name} <b>{ratio.reviewed.text}</b>
    </span>
  );
}
