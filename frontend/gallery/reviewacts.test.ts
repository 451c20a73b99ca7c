import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Action } from "../room/keys";
import { pressesOf } from "../room/usereviewing";
import type { Card, Schema } from "../shared/types";
import { CellCard } from "./CellCard";
import type { Reviewing } from "./ReviewActs";

const nothing = () => {};
const schema = {
  classes: [{ key: "blast", name: "Blast", short: "Bl", colour: "#000", mark: "dot" }],
} as unknown as Schema;
const card = {
  row: 3,
  label: 0,
  class: 0,
  p: 0.9,
  state: "",
  must_see: "blast",
  crop_url: "",
  probabilities: [],
  others: [],
  measures: {},
  history: [],
} as unknown as Card;
const may: Reviewing = {
  refusal: "",
  n: 1,
  onConfirm: nothing,
  onReject: nothing,
  onRename: nothing,
  onUndo: nothing,
};

function shown(reviewing: Partial<Reviewing>, of: Card | null = card): string {
  const notes = { of: () => [], restore: null } as never;
  const acts = {
    notes,
    mayWrite: true,
    commenting: { waits: false, onOpened: () => {} },
    onGo: nothing,
    onLike: nothing,
  };
  const props = { card: of, loading: false, problem: "", schema, reviewing: { ...may, ...reviewing }, ...acts };
  return renderToStaticMarkup(createElement(CellCard, props));
}

const buttons = (markup: string) => [...markup.matchAll(/<button[^>]*>(\w+(?: \(\d+\))?) <span[^>]*>([^<]+)<\/span>/g)];

describe("the card of a cell that must be seen", () => {
  afterEach(() => vi.unstubAllGlobals());
  it("offers what the keys do, and names the keys", () => {
    expect(buttons(shown({})).map(([, verb, key]) => [verb, key])).toEqual([
      ["Confirm", "Enter"],
      ["Reject", "Backspace"],
      ["Rename", "letter or digit"],
      ["Undo", "z"],
    ]);
  });
  it("says of how many chosen cells it is done", () => {
    expect(buttons(shown({ n: 12 })).map(([, verb]) => verb)).toEqual([
      "Confirm (12)",
      "Reject (12)",
      "Rename (12)",
      "Undo",
    ]);
  });
  it("offers them disabled, with the reason, where labelling is refused", () => {
    const refused = shown({ refusal: "This case is signed; amend it to change anything." });
    expect(refused).toMatch(/<fieldset[^>]*disabled=""/);
    expect(refused).toContain("This case is signed; amend it to change anything.</p>");
    expect(shown({})).not.toMatch(/<fieldset[^>]*disabled/);
  });
  it("leaves the way back where no cell is chosen", () => {
    expect(buttons(shown({ n: 0 }, null)).map(([, verb]) => verb)).toEqual(["Undo"]);
  });
  it("presses the keys' own actions", () => {
    vi.stubGlobal("document", { querySelector: () => null });
    const pressed: Action[] = [];
    const ask = vi.fn();
    const presses = pressesOf((action) => void pressed.push(action), ask);
    presses.onConfirm();
    presses.onReject();
    presses.onUndo();
    presses.onRename();
    expect([pressed, ask.mock.calls.length]).toEqual([["confirm", "reject", "undo"], 1]);
  });
});
