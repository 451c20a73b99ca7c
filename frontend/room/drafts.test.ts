import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { CellNotes } from "../gallery/CellNotes";
import { keyOf } from "../gallery/keyof";
import { Drafts } from "./drafts";
import type { Notes } from "./usenotes";

const cell = { row: 7, added: null };
const KEY = keyOf(cell);

describe("a comment that was begun", () => {
  it("is kept with its cell while another cell or another analysis is open, until it is saved or emptied", () => {
    const drafts = new Drafts();
    drafts.keep("a", KEY, "Auer rod");
    expect([drafts.of("a", KEY), drafts.of("b", KEY), drafts.of("a", "8")]).toEqual(["Auer rod", "", ""]);
    expect([drafts.count(), drafts.count("a"), drafts.count("b"), drafts.count(null)]).toEqual([1, 1, 0, 0]);
    drafts.keep("a", KEY, "  ");
    expect([drafts.of("a", KEY), drafts.count()]).toEqual(["", 0]);
  });
  it("stands in its field again once the cell is chosen again", () => {
    const shown = (draft: string) => {
      const notes = { of: () => [], restore: null, draftOf: () => draft, keepDraft: () => {} } as unknown as Notes;
      return renderToStaticMarkup(
        createElement(CellNotes, { cell, notes, mayWrite: true, requested: false, onOpened: () => {} }),
      );
    };
    expect(shown("Auer rod")).toContain('value="Auer rod"');
    expect(shown("")).not.toContain("<form");
  });
});
