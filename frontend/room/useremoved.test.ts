import { describe, expect, it } from "vitest";
import { openNow, removedText } from "./useremoved";

describe("the open slide, removed by somebody", () => {
  const [one, two] = [
    { id: "1", name: "blood" },
    { id: "2", name: "marrow" },
  ] as const;
  it("is named, and that another one is open now", () => {
    const before = openNow([one, two], one);
    expect(removedText(before, [two], two)).toBe("blood has been removed from this case; another slide is open now.");
    expect(removedText(before, [], null)).toBe("blood has been removed from this case.");
  });
  it("says nothing while it is there, or where the reader went to another", () => {
    expect(removedText(openNow([one, two], one), [one, two], two)).toBe("");
    expect(removedText(openNow([one, two], two), [two], two)).toBe("");
    expect(removedText(null, [two], two)).toBe("");
  });
});
