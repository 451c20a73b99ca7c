/** What the form of a case's facts sends: what was typed there, and nothing else. */

import type { Case } from "../shared/types";
import { type AgeUnit, ageOf, daysOf } from "./age";

export type Texts = Pick<Case, "pseudonym" | "sex" | "stain" | "question">;

export interface AgeText {
  text: string;
  unit: AgeUnit;
}

/** An age as the form begins with it: whole years or months, of which the days are not known any more. */
export function ageTextOf(days: number | null): AgeText {
  if (days === null) return { text: "", unit: "years" };
  const { n, unit } = ageOf(days);
  return { text: String(n), unit };
}

/** Of the facts that the form was opened with those that were changed: what somebody else enters meanwhile stays, and an age in days
 * is not rounded to whole years because a stain is corrected. */
export function changesOf(
  original: Texts & Pick<Case, "age_days">,
  typed: Partial<Texts>,
  age: AgeText,
): Partial<Texts & Pick<Case, "age_days">> {
  const texts = Object.fromEntries(
    Object.entries(typed).filter(([name, text]) => text !== original[name as keyof Texts]),
  ) as Partial<Texts>;
  const before = ageTextOf(original.age_days);
  if (age.text.trim() === before.text && (age.unit === before.unit || !before.text)) return texts;
  const age_days = age.text.trim() === "" ? null : daysOf({ n: Number(age.text), unit: age.unit });
  return { ...texts, age_days };
}
