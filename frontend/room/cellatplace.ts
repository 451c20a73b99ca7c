/** The cell that lies at a place already, where somebody is about to add one; no DOM. */

import type { CellName } from "../gallery/keyof";
import { t } from "../shared/catalogue";
import type { AddedCell, Schema } from "../shared/types";
import type { CellStore } from "../viewer/cellstore";
import type { Labels } from "./labels";

export interface CellAtPlace {
  cell: CellName;
  /** What it is called now. */
  name: string;
  /** The machine's, or one that a person added. */
  machine: boolean;
}

/** The machine's cell on which a place (level-0 px) lies, else one that a person added; null: neither, or it was rejected. */
export function cellAt(
  store: Pick<CellStore, "under">,
  labels: Pick<Labels, "rows" | "added">,
  schema: Schema,
  x: number,
  y: number,
): CellAtPlace | null {
  const under = store.under(x, y);
  if (under && under[0].first >= 0) {
    const row = under[0].first + under[1];
    const label = labels.rows.get(row);
    if (label?.state !== "rejected") {
      const cls = label?.label ?? (under[0].cls[under[1]] as number);
      return { cell: { row, added: null }, name: schema.classes[cls]?.name ?? "", machine: true };
    }
  }
  const added = labels.added.find((one) => one.state !== "rejected" && within(one, x, y));
  if (!added) return null;
  const name = schema.classes[added.label ?? -1]?.name ?? "";
  return { cell: { row: null, added: added.id }, name, machine: false };
}

function within(cell: AddedCell, x: number, y: number): boolean {
  return ((2 * (cell.x - x)) / cell.w) ** 2 + ((2 * (cell.y - y)) / cell.h) ** 2 <= 1;
}

/** That a cell is there, and what to do about it. */
export function cellAtPlaceText({ name, machine }: CellAtPlace): string {
  return machine
    ? t("The machine has a cell here: {name}. Name that one, or add a second cell.", { name })
    : t("A person added a cell here: {name}. Name that one, or add a second cell.", { name });
}

/** What the card of an added cell says of the cell upon which it lies; both count unless that one was rejected. */
export function uponText(cell: AddedCell, labels: Pick<Labels, "rows" | "added">, schema: Schema): string {
  const { upon } = cell;
  if (!upon) return t("The machine has no cell here.");
  if (upon.row === null) return t("Another cell that a person added lies here, too; both are counted.");
  const label = labels.rows.get(upon.row);
  const name = schema.classes[label?.label ?? upon.class ?? -1]?.name ?? "";
  if (label?.state === "rejected")
    return t("The machine’s cell here ({name}) was rejected; this one is counted.", { name });
  return t("The machine has a cell here, too: {name}. Both are counted.", { name });
}
