/** What stands in the form of the analyser's values. */

import type { BloodCount } from "../shared/types";

type Quantity = Pick<BloodCount["quantities"][number], "key" | "value">;

/** The text of each field: what is typed there, else what stands now, also where somebody else enters it meanwhile. */
export function textsOf(
  quantities: readonly Quantity[],
  typed: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(quantities.map((q) => [q.key, typed[q.key] ?? (q.value === null ? "" : String(q.value))]));
}

/** The numbers that the fields say, with a comma or a point; those left empty are not known. */
export function numbersOf(texts: Readonly<Record<string, string>>): [string, number][] {
  return Object.entries(texts)
    .filter(([, text]) => text.trim() !== "")
    .map(([key, text]) => [key, Number(text.replace(",", "."))]);
}
