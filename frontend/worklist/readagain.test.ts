import { describe, expect, it } from "vitest";
import { whenChanged } from "./readagain";

describe("a worklist that is no longer as things are", () => {
  const free = { chosen: 0, busy: false, typing: false };
  it("is read again by itself where nobody is at it", () => {
    expect(whenChanged(free)).toBe("read");
  });
  it("stays under the hands of who chooses cases or types a filter", () => {
    expect([whenChanged({ ...free, chosen: 2 }), whenChanged({ ...free, typing: true })]).toEqual(["offer", "offer"]);
  });
  it("stays until acts on several cases have ended, which read it again themselves", () => {
    expect(whenChanged({ chosen: 12, busy: true, typing: false })).toBe("wait");
  });
});
