/** Ages as people say them, in days as they are kept. */

import { plural, t } from "../shared/catalogue";

export type AgeUnit = "years" | "months" | "days";

export const AGE_UNITS: Record<AgeUnit, number> = { years: 365.25, months: 365.25 / 12, days: 1 };

export const UNIT_NAMES: Record<AgeUnit, string> = { years: t("years"), months: t("months"), days: t("days") };

export interface Age {
  n: number;
  unit: AgeUnit;
}

/** In years from two years on, in months from 60 days on, else in days. */
export function ageOf(days: number): Age {
  const unit = days >= 2 * AGE_UNITS.years ? "years" : days >= 60 ? "months" : "days";
  return { n: Math.floor(days / AGE_UNITS[unit]), unit };
}

export function daysOf({ n, unit }: Age): number {
  return Math.ceil(n * AGE_UNITS[unit]);
}

/** 34 years, 1 month; "" where it is not known. */
export function ageText(days: number | null): string {
  if (days === null) return "";
  const { n, unit } = ageOf(days);
  if (unit === "years") return plural(n, "{n} year", "{n} years");
  return unit === "months" ? plural(n, "{n} month", "{n} months") : plural(n, "{n} day", "{n} days");
}
