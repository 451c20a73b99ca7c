import { describe, expect, it } from "vitest";
import { NO_LABELS, withAnswer, withDelta } from "./labels";

const row = (r: number, state: "" | "confirmed" | "relabelled", label: number | null = null) => ({
  row: r,
  label,
  state,
  by: "tess",
  at: null,
});

describe("labels", () => {
  it("keeps what people said, and forgets what is cleared", () => {
    const first = withAnswer(NO_LABELS, { revision: 1, changed: [row(3, "relabelled", 7), row(4, "confirmed")] });
    expect(first.rows.get(3)?.label).toBe(7);
    const second = withAnswer(first, { revision: 2, changed: [row(3, "")] });
    expect([...second.rows.keys()]).toEqual([4]);
  });
  it("lets an older answer change nothing", () => {
    const now = withAnswer(NO_LABELS, { revision: 5, changed: [row(1, "confirmed")] });
    expect(withAnswer(now, { revision: 4, changed: [row(1, "")] })).toBe(now);
  });
  it("adds, changes and removes added cells by their id", () => {
    const added = { id: "a", x: 1, y: 2, w: 3, h: 4, label: 1, state: "relabelled" as const, by: "t" };
    const one = withAnswer(NO_LABELS, { revision: 1, added: [added] });
    const two = withAnswer(one, { revision: 2, added: [{ ...added, label: 9 }] });
    expect(two.added.map((c) => c.label)).toEqual([9]);
    expect(withAnswer(two, { revision: 3, gone: ["a"] }).added).toEqual([]);
  });
  it("of another reading take the place of those that were known", () => {
    const delta = { reading: "a", revision: 9, rows: [row(1, "confirmed")], added: [], gone: [] };
    const first = withDelta(NO_LABELS, delta);
    const consensus = withDelta(first, { ...delta, reading: "b", revision: 2, rows: [row(4, "confirmed")] });
    expect([consensus.reading, consensus.revision, [...consensus.rows.keys()]]).toEqual(["b", 2, [4]]);
    expect([
      ...withDelta(first, { ...delta, revision: 10, rows: [row(2, "rejected" as "confirmed")] }).rows.keys(),
    ]).toEqual([1, 2]);
  });
});
