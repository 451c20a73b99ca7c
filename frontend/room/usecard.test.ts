import { describe, expect, it } from "vitest";
import type { Card } from "../shared/types";
import { NO_LABELS } from "./labels";
import { cardOf } from "./usecard";

const card = { row: 4, class: 1, label: 1, state: "" } as Card;

describe("the card of the chosen cell", () => {
  it("is never another cell's", () => {
    expect(cardOf(card, 5, NO_LABELS)).toBeNull();
    expect(cardOf(card, null, NO_LABELS)).toBeNull();
    expect(cardOf(card, 4, NO_LABELS)).toBe(card);
  });
  it("shows the class that was given last, also while that is on its way", () => {
    const labels = { ...NO_LABELS, rows: new Map([[4, { label: 9, state: "relabelled" as const, by: "" }]]) };
    expect(cardOf(card, 4, labels)).toMatchObject({ label: 9, state: "relabelled" });
  });
});
