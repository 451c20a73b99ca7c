import { describe, expect, it } from "vitest";
import { Problem } from "./api";
import { endedText } from "./ended";

describe("a page that is answered no more", () => {
  it("says that nobody is logged in, or who is", () => {
    expect(endedText(new Problem(403, "not-authenticated", "Sign in first, or send a token.", {}))).toContain(
      "You are no longer logged in.",
    );
    expect(endedText(new Problem(409, "other-person", "Paul has signed in.", {}))).toBe("Paul has signed in.");
  });
  it("is another matter where the case is gone or out of reach", () => {
    expect(endedText(new Problem(404, "not-found", "There is no case.", {}))).toBe("");
    expect([endedText(null), endedText(new Error("x"))]).toEqual(["", ""]);
  });
});
