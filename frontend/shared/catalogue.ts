/**
 * The one place that every phrase of the front end passes through. English is the key; a page in another language brings its
 * phrases with it (`<script type="application/json" id="phrases">`), so that they are there before the first module asks.
 */

/** A phrase's forms by the categories of Intl.PluralRules (`one`, `few`, `other`…), or its one form. */
export type Phrases = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

type Values = Readonly<Record<string, string | number>>;

const page = typeof document === "undefined" ? null : document;

/** The language that the page is written in, as its `lang` says. */
export const LANGUAGE = page?.documentElement?.lang || "en";

/** The reader's own variety of the page's language (en-US, en-GB…), by which dates and numbers are written. */
export const LOCALE = localeOf(LANGUAGE, typeof navigator === "undefined" ? [] : navigator.languages);

const phrases: Phrases = JSON.parse(page?.getElementById?.("phrases")?.textContent ?? "{}");
const plurals = new Intl.PluralRules(LANGUAGE);
const englishPlurals = new Intl.PluralRules("en");
const numbers = new Intl.NumberFormat(LOCALE);

/** The first of a reader's languages that is the page's; English without one is written as in Britain, since units and dates are. */
export function localeOf(language: string, readers: readonly string[]): string {
  const primary = language.split("-")[0]!;
  const own = readers.find((one) => one.split("-")[0] === primary && one.includes("-"));
  return own ?? (language === "en" ? "en-GB" : language);
}

/** A phrase in the page's language. Each `{name}` of it is replaced by the value of that name; numbers are written as the reader writes them. */
export function t(english: string, values: Values = {}): string {
  const own = phrases[english];
  return filled(typeof own === "string" ? own : english, values);
}

/** A phrase that depends on a number, which it may name as `{n}`: `plural(3, "{n} cell", "{n} cells")`. */
export function plural(n: number, one: string, many: string, values: Values = {}): string {
  return filled(pluralForm(n, one, many), { n, ...values });
}

/** The form of a phrase for n, before values are put in. */
export function pluralForm(n: number, one: string, many: string): string {
  const own = phrases[one];
  const english = englishPlurals.select(n) === "one" ? one : many;
  return typeof own === "object" ? (own[plurals.select(n)] ?? own.other ?? english) : english;
}

/** A phrase in the page's language with its places still empty, for what fills them with more than text. */
export function unfilled(english: string): string {
  const own = phrases[english];
  return typeof own === "string" ? own : english;
}

function filled(phrase: string, values: Values): string {
  return phrase.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : typeof value === "number" ? numbers.format(value) : value;
  });
}
