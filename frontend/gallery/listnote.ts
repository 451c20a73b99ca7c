/** Why a list holds another number of cells than is counted beside it, and why a cell of it is not counted. */

import { t } from "../shared/catalogue";
import type { Account } from "../shared/types";

/** Of a class: how many of its cells are counted, and why the others are not; "" where all are. */
export function countedNote(
  total: number,
  tally: number,
  account: Pick<Account, "cut" | "outside"> | undefined,
): string {
  if (tally >= total) return "";
  const cut = Math.min(account?.cut ?? 0, total - tally);
  const outside = Math.min(account?.outside ?? 0, total - tally - cut);
  const moved = total - tally - cut - outside;
  return [
    t("{n} counted", { n: tally }),
    cut && t("{n} cut by an edge, or touched by a scale bar", { n: cut }),
    outside && t("{n} outside the counted fields", { n: outside }),
    moved && t("{n} renamed or rejected since", { n: moved }),
  ]
    .filter(Boolean)
    .join(", ");
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
