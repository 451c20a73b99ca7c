import { describe, expect, it } from "vitest";
import { beside } from "./Surroundings";

describe("what a cell lies among", () => {
  it("is shown beside its picture, and within the window", () => {
    expect(beside({ left: 100, right: 180, top: 50 }, 1440, 900)).toEqual({ left: 188, top: 50 });
    expect(beside({ left: 1300, right: 1380, top: 850 }, 1440, 900)).toEqual({ left: 1032, top: 632 });
  });
});
