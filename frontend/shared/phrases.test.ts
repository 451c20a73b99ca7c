import { expect, test } from "vitest";
import { offered, phrasesFor, withAppended, withPhrase, wordBefore } from "./phrases";
import type { Phrase } from "./types";

const phrase = (code: string, text: string, assay = ""): Phrase => ({ code, text, assay, kind: "phrase" });
const SCHISTO = phrase("schisto", "Schistocytes are present.");
const SCREEN = phrase("screen", "The film was screened whole.");
const BOTH = [SCHISTO, SCREEN];
const end = (text: string) => ({ text, caret: text.length });

test("phrases are offered from the second letter of their code on", () => {
  expect(offered(BOTH, end("Anaemia. s"))).toEqual([]);
  expect(offered(BOTH, end("Anaemia. sc"))).toEqual(BOTH);
  expect(offered(BOTH, end("Anaemia. Sch"))).toEqual([SCHISTO]);
  expect(offered(BOTH, end("Anaemia. sch "))).toEqual([]);
});

test("a picked phrase takes the place of the word before the caret alone", () => {
  const written = { text: "Anaemia. sch Repeat.", caret: "Anaemia. sch".length };
  expect(wordBefore(written)).toEqual({ word: "sch", start: 9 });
  const after = withPhrase(written, SCHISTO);
  expect(after.text).toBe("Anaemia. Schistocytes are present. Repeat.");
  expect(after.text.slice(0, after.caret)).toBe("Anaemia. Schistocytes are present.");
});

test("phrases of other examinations are not offered", () => {
  const marrow = phrase("mds", "Dysplasia.", "marrow");
  expect(phrasesFor([SCHISTO, marrow], ["blood_film"])).toEqual([SCHISTO]);
  expect(phrasesFor([SCHISTO, marrow], ["marrow"])).toEqual([SCHISTO, marrow]);
});

test("a phrase from the list stands behind what was written, with a space between", () => {
  expect(withAppended("", SCHISTO)).toBe(SCHISTO.text);
  expect(withAppended("Anaemia.", SCHISTO)).toBe("Anaemia. Schistocytes are present.");
  expect(withAppended("Anaemia.\n", SCHISTO)).toBe("Anaemia.\nSchistocytes are present.");
});
