import type { GalleryRow } from "../shared/types";

/** A cell by its row in the cell file, or by its id where a person added it. */
export type CellName = Pick<GalleryRow, "row" | "added">;

/** One key a cell, of the machine's or of a person's. */
export function keyOf(row: CellName): string {
  return row.row !== null ? `r${row.row}` : `a${row.added}`;
}
