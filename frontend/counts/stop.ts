/** When enough is counted, and what the cells that nobody has confirmed can still change; no DOM. */

import { plural, t } from "../shared/catalogue";
import { fixed } from "../shared/format";
import type { Counts, Section, TriageRow } from "../shared/types";

export interface Stop {
  /** 112 of 200 white cells. */
  text: string;
  /** What is missing, or that nothing is. */
  rest: string;
  /** Share of the counted cells that are confirmed, 0 to 1. */
  share: number;
  settled: boolean;
}

/** How far the review of a section has come; `triage` says what of it nobody has confirmed. */
export function stopOf(
  section: Pick<Section, "key" | "n" | "target" | "noun" | "floor" | "rows">,
  triage: Counts["triage"],
): Stop {
  const n = section.n.reviewed;
  const sum = (key: "left" | "leave") => inNumber(section).reduce((all, r) => all + (triage[r.key]?.[key] ?? 0), 0);
  const [open, renamed] = [sum("left"), sum("leave")];
  const parts: string[] = [];
  if (section.target !== null && n < section.target)
    parts.push(
      plural(
        section.target - n,
        "{n} more cell is needed to reach {target}",
        "{n} more cells are needed to reach {target}",
        { target: section.target },
      ),
    );
  if (open > 0) {
    parts.push(t("{left} left to confirm", { left: open }));
    parts.push(
      renamed >= 1
        ? plural(
            Math.round(renamed),
            "about {n} of them may have another name",
            "about {n} of them may have another name",
          )
        : t("hardly any may have another name"),
    );
    // Cells that are counted per hundred of others have no share of their own.
    if (n >= section.floor && section.rows.some((r) => r.reviewed.value !== null))
      parts.push(t("each moves a share by {points} points", { points: points(100 / n) }));
  }
  const settled = open === 0 && (section.target === null || n >= section.target);
  return {
    text: t("{n} of {target} {noun} confirmed", { n: n - open, target: section.target ?? n, noun: section.noun }),
    rest: parts.length
      ? parts.join(" · ")
      : plural(n, "all {n} counted cell is confirmed", "all {n} counted cells are confirmed"),
    share: n ? (n - open) / Math.max(n, section.target ?? n) : 0,
    settled,
  };
}

/** Classes that a section's number holds where it lists further ones beside them and gives no shares that would tell. */
const CLASSES_IN_NUMBER: Readonly<Record<string, readonly string[]>> = {
  platelets: ["platelet", "giant_platelet"],
  fetal_nrbc: ["erythroblast"],
};

/** The rows of a section whose cells its number holds: those with a share of it or, in a section of numbers alone, those named. */
function inNumber({ key, rows }: Pick<Section, "key" | "rows">): Section["rows"] {
  const shared = rows.filter((r) => r.reviewed.value !== null);
  if (shared.length) return shared;
  const keys = CLASSES_IN_NUMBER[key];
  return keys ? rows.filter((r) => keys.includes(r.key)) : rows;
}

/** What is left of a class, and how far its share of `n` cells may still move; n is 0 where it has no share. */
export function leftText(row: TriageRow | undefined, n: number): string {
  if (!row) return "";
  const moves = n > 0 && (row.leave >= 0.05 || row.come >= 0.05);
  const text = row.left > 0 ? t("{left} left", { left: row.left }) : "";
  if (!moves) return text;
  const range = t("may move −{down} to +{up} points", { down: share(row.leave, n), up: share(row.come, n) });
  return [text, range].filter(Boolean).join(", ");
}

const share = (cells: number, n: number) => fixed((100 * cells) / n, 1);
const points = (value: number) => fixed(value, value < 0.1 ? 2 : 1);
