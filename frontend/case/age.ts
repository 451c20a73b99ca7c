/** Ages as people say them, in days as they are kept. */

export type AgeUnit = "years" | "months" | "days";

export const AGE_UNITS: Record<AgeUnit, number> = { years: 365.25, months: 365.25 / 12, days: 1 };

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
  return `${n} ${n === 1 ? unit.slice(0, -1) : unit}`;
}
