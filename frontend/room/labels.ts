/** What people said of the cells, kept beside the machine's columns; changed only by the server's answers. */

import type { AddedCell, LabelState, RowLabel } from "../shared/types";

export interface Labels {
  /** The reading that the revision is of; null before anybody read. */
  reading: string | null;
  revision: number;
  rows: ReadonlyMap<number, { label: number | null; state: LabelState; by: string }>;
  added: readonly AddedCell[];
}

/** Labels that changed after a revision. */
export interface DeltaAnswer {
  reading: string | null;
  revision: number;
  rows: RowLabel[];
  added: AddedCell[];
  gone: string[];
}

export const NO_LABELS: Labels = { reading: null, revision: 0, rows: new Map(), added: [] };

/** What an answer says of labels that changed. */
interface Changes {
  revision: number;
  changed?: RowLabel[];
  rows?: RowLabel[];
  added?: AddedCell[];
  gone?: string[];
}

/** Labels after the answer to an event of one's own; an older answer than what is known changes nothing.
 *
 * Where others labelled in between, the revision stays what it was: what they said has not been read yet, and with a later
 * revision it would be taken for seen, by the next reading of labels and by whoever labels the same cell.
 */
export function withAnswer(labels: Labels, answer: Changes): Labels {
  if (answer.revision < labels.revision) return labels;
  return { ...changedBy(labels, answer), revision: missesSome(labels, answer) ? labels.revision : answer.revision };
}

/** Whether others labelled between what is known and an event of one's own. */
export function missesSome(labels: Labels, answer: { revision: number }): boolean {
  return answer.revision > labels.revision + 1;
}

/** Labels after a delta; those of another reading, given whole, take the place of all that was known. */
export function withDelta(labels: Labels, delta: DeltaAnswer): Labels {
  const before = delta.reading === labels.reading ? labels : { ...NO_LABELS, reading: delta.reading };
  return delta.revision < before.revision ? before : { ...changedBy(before, delta), revision: delta.revision };
}

function changedBy(labels: Labels, answer: Changes): Labels {
  const rows = new Map(labels.rows);
  for (const change of answer.changed ?? answer.rows ?? []) {
    if (change.state === "") rows.delete(change.row);
    else rows.set(change.row, { label: change.label, state: change.state, by: change.by });
  }
  const gone = new Set(answer.gone ?? []);
  const fresh = new Map((answer.added ?? []).map((c) => [c.id, c]));
  const added = [
    ...labels.added.filter((c) => !gone.has(c.id)).map((c) => fresh.get(c.id) ?? c),
    ...[...fresh.values()].filter((c) => !labels.added.some((cell) => cell.id === c.id)),
  ];
  return { ...labels, rows, added };
}
