import { describe, expect, it } from "vitest";
import type { CellClass } from "../shared/types";
import { countedNote, cutText, endNote, leftNote, rowNumber, rowRest } from "./listnote";

describe("a list that holds more cells than are counted", () => {
  it("says how many are counted, and of the others why not", () => {
    expect(countedNote(9, 5, { cut: 3, outside: 1 })).toBe(
      "5 counted, 3 cut by an edge, or touched by a scale bar, 1 outside the counted fields",
    );
    expect(countedNote(9, 5, { cut: 2, outside: 0 })).toBe(
      "5 counted, 2 cut by an edge, or touched by a scale bar, 2 renamed or rejected since",
    );
    expect(countedNote(9, 0, undefined)).toBe("0 counted, 9 renamed or rejected since");
    expect(countedNote(5, 5, { cut: 3, outside: 0 })).toBe("");
  });

  it("says how many of those that must be seen are left", () => {
    expect(leftNote(9, 5)).toBe("5 left; those you have seen stay visible");
    expect(leftNote(5, 5)).toBe("");
  });
});

describe("a list that holds more cells than can be shown", () => {
  it("says so", () => {
    expect(endNote(1001, 1000)).toBe("the first 1,000 in this order can be shown");
    expect(endNote(1000, 1000)).toBe("");
  });
});

describe("why a cell is not seen whole", () => {
  it("is said by its cause, and in words true of both where that is not known", () => {
    expect(cutText("edge")).toBe("cut by the edge of the picture");
    expect(cutText("mark")).toBe("touched by a scale bar, text or an arrow");
    expect(cutText("")).toBe("cut by an edge, or touched by a scale bar");
  });
});

describe("a row of the differential", () => {
  const share = { count: 7, value: 3.5, low: 1, high: 7 };
  const row = (cls: number) => ({ class: cls, reviewed: share }) as never;
  const cell = { index: 4, key: "unidentified" } as CellClass;
  const sections = [{ n: { machine: 200, reviewed: 200 }, rows: [row(4)] }];
  const triage = { unidentified: { left: 8, leave: 0, come: 0 } };
  it("has the number that is counted, or that of its cells which nobody rejected", () => {
    const rows = [{ state: "" as const }, { state: "rejected" as const }, { state: "confirmed" as const }];
    expect([rowNumber(rows, 5, share), rowNumber(rows, 5, null), rowNumber(rows, 0, null)]).toEqual([7, 7, 2]);
  });
  it("says what is left of its class, but not where it is only a part of those without a name", () => {
    expect(rowRest({ cell, share }, sections, triage)).toBe("8 left");
    expect(rowRest({ cell, share, perhaps: 2 }, sections, triage)).toBe("");
    expect(rowRest({ cell, share, perhaps: null }, sections, triage)).toBe("");
  });
});
