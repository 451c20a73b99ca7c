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
    const now = withDelta(NO_LABELS, { reading: null, revision: 5, rows: [row(1, "confirmed")], added: [], gone: [] });
    expect(withAnswer(now, { revision: 4, changed: [row(1, "")] })).toBe(now);
  });
  it("do not take for read what others said between the last reading and an event of one's own", () => {
    const known = withDelta(NO_LABELS, { reading: "a", revision: 5, rows: [], added: [], gone: [] });
    const mine = withAnswer(known, { revision: 7, changed: [row(1, "confirmed")] });
    expect([mine.revision, [...mine.rows.keys()]]).toEqual([5, [1]]);
    expect(withAnswer(mine, { revision: 8, changed: [row(2, "confirmed")] }).revision).toBe(5);
    const delta = {
      reading: "a",
      revision: 8,
      rows: [row(1, "confirmed"), row(3, "relabelled", 4)],
      added: [],
      gone: [],
    };
    const read = withDelta(mine, delta);
    expect([read.revision, [...read.rows.keys()]]).toEqual([8, [1, 3]]);
    expect(withAnswer(read, { revision: 9, changed: [row(1, "")] }).revision).toBe(9);
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
