import { describe, expect, it } from "vitest";
import { countedNote, cutText, endNote, leftNote } from "./listnote";

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
