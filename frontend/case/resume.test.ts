import { describe, expect, it } from "vitest";
import { intoSameCase } from "./resume";

describe("an interrupted upload", () => {
  it("goes on in its own case alone", () => {
    const before = [
      { metadata: { case: "26-1", filename: "a.svs" } },
      { metadata: { case: "26-2", filename: "a.svs" } },
    ];
    expect(intoSameCase(before, "26-2")).toBe(before[1]);
    expect(intoSameCase(before, "26-3")).toBeUndefined();
    expect(intoSameCase([], "26-1")).toBeUndefined();
  });
});
