/** Phrases of the laboratory in a text that is being written: found by the word before the caret, put in its place. */

import type { Phrase } from "./types";

const FEWEST_LETTERS = 2;
const MOST_OFFERED = 8;

export interface Written {
  text: string;
  caret: number;
}

/** The word that ends at the caret, and where it begins. */
export function wordBefore({ text, caret }: Written): { word: string; start: number } {
  const word = /[A-Za-z0-9._-]*$/.exec(text.slice(0, caret))?.[0] ?? "";
  return { word, start: caret - word.length };
}

/** Those for these examinations, and those for all. */
export function phrasesFor(phrases: Phrase[], assays: string[]): Phrase[] {
  return phrases.filter((phrase) => !phrase.assay || assays.includes(phrase.assay));
}

/** The phrases whose code begins with the word before the caret. */
export function offered(phrases: Phrase[], written: Written): Phrase[] {
  const word = wordBefore(written).word.toLowerCase();
  if (word.length < FEWEST_LETTERS) return [];
  return phrases.filter((phrase) => phrase.code.startsWith(word)).slice(0, MOST_OFFERED);
}

/** The text with the phrase in place of the word before the caret, the caret behind it. */
export function withPhrase(written: Written, phrase: Phrase): Written {
  const { start } = wordBefore(written);
  const text = written.text.slice(0, start) + phrase.text + written.text.slice(written.caret);
  return { text, caret: start + phrase.text.length };
}

/** The text with the phrase behind it, on a place of its own. */
export function withAppended(text: string, phrase: Phrase): string {
  if (!text.trim()) return phrase.text;
  return text + (/\s$/.test(text) ? "" : " ") + phrase.text;
}
