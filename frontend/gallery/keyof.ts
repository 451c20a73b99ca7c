import type { GalleryRow } from "../shared/types";

/** One key a cell, of the machine's or of a person's. */
export function keyOf(row: Pick<GalleryRow, "row" | "added">): string {
  return row.row !== null ? `r${row.row}` : `a${row.added}`;
}
