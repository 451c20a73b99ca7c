/** Why a list holds another number of cells than is counted beside it, and why a cell of it is not counted. */

import { leftText } from "../counts/stop";
import type { DifferentialClass } from "../room/usedifferential";
import { t } from "../shared/catalogue";
import type { Account, Counts, GalleryRow, Section, Share } from "../shared/types";

/** Of a class: how many of its cells are counted, and why the others are not; "" where all are. */
export function countedNote(
  total: number,
  tally: number,
  account: Pick<Account, "cut" | "outside"> | undefined,
): string {
  if (tally >= total) return "";
  const cut = Math.min(account?.cut ?? 0, total - tally);
  const outside = Math.min(account?.outside ?? 0, total - tally - cut);
  const fromElsewhere = total - tally - cut - outside;
  return [
    t("{n} counted", { n: tally }),
    cut && t("{n} cut by an edge, or touched by a scale bar", { n: cut }),
    outside && t("{n} outside the counted fields", { n: outside }),
    fromElsewhere && t("{n} renamed or rejected since", { n: fromElsewhere }),
  ]
    .filter(Boolean)
    .join(", ");
}

/** The number beside a row: what is counted of its class or, where that is not counted, its cells that nobody rejected. */
export function rowNumber(rows: readonly Pick<GalleryRow, "state">[], unlisted: number, share: Share | null): number {
  return share ? share.count : rows.filter((r) => r.state !== "rejected").length + unlisted;
}

/** What is left of a row's class; "" for cells without a name, whose rows are each but a part of it. */
export function rowRest(
  { cell, share, perhaps }: Pick<DifferentialClass, "cell" | "share" | "perhaps">,
  sections: readonly Pick<Section, "n" | "rows">[],
  triage: Counts["triage"],
): string {
  if (perhaps !== undefined) return "";
  const section = sections.find((s) => s.rows.some((r) => r.class === cell.index));
  return leftText(triage[cell.key], share && share.value !== null ? (section?.n.reviewed ?? 0) : 0);
}

/** Of the cells that must be seen: how many are left, for those that were seen stay where they are. */
export function leftNote(total: number, open: number): string {
  return open < total ? t("{n} left; those you have seen stay visible", { n: open }) : "";
}

/** That a list ends before its last cell; "" where it does not. */
export function endNote(total: number, most: number): string {
  return total > most ? t("the first {most} in this order can be shown", { most }) : "";
}

/** What keeps a cell from being seen whole; what is true of both where it is not known. */
export function cutText(by: string): string {
  if (by === "edge") return t("cut by the edge of the picture");
  if (by === "mark") return t("touched by a scale bar, text or an arrow");
  return t("cut by an edge, or touched by a scale bar");
}
