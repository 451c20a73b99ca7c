/** In which order the class list shows groups, and which classes it folds away. */

import type { CellClass, Schema } from "../shared/types";

const KINDS = ["nucleated", "red_cell", "platelet", "other"];

export interface ClassGroup {
  key: string;
  name: string;
  total: number;
  /** Classes that hold cells, and the one that the gallery shows. */
  filled: CellClass[];
  empty: CellClass[];
}

/** White cells above red cells; within a group, classes without cells are kept apart. */
export function classGroups(schema: Schema, count: (cls: number) => number, current: number | null): ClassGroup[] {
  const rank = (kind: Schema["groups"][number]["kind"]) => KINDS.indexOf(kind);
  return [...schema.groups]
    .sort((a, b) => rank(a.kind) - rank(b.kind))
    .map((group) => {
      const classes = schema.classes.filter((c) => c.group === group.key);
      const holds = (c: CellClass) => count(c.index) > 0 || c.index === current;
      return {
        key: group.key,
        name: group.name,
        total: classes.reduce((n, c) => n + count(c.index), 0),
        filled: classes.filter(holds),
        empty: classes.filter((c) => !holds(c)),
      };
    })
    .filter((group) => group.filled.length + group.empty.length > 0);
}
