import { describe, expect, it } from "vitest";
import { type Act, lastOn } from "./usetools";

describe("undoing a note", () => {
  const acts: Act[] = [
    { what: "added", id: "1", slide: "a" },
    { what: "removed", id: "2", slide: "a" },
    { what: "added", id: "3", slide: "b" },
  ];

  it("takes back the last change of the slide that is shown, never one of a slide that is not", () => {
    expect(lastOn(acts, "b")?.id).toBe("3");
    expect(lastOn(acts, "a")?.id).toBe("2");
    expect(lastOn(acts, "c")).toBeNull();
    expect(lastOn(acts, undefined)).toBeNull();
  });
});
