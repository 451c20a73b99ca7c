import { describe, expect, it } from "vitest";
import { outcomeText, requestOf } from "./bulk";

describe("acts on several cases", () => {
  it("asks for each by its accession", () => {
    expect(requestOf("urgent", "A/1", "")).toEqual(["/api/v1/cases/A%2F1/urgent/", { urgent: true }]);
    expect(requestOf("usual", "B", "")).toEqual(["/api/v1/cases/B/urgent/", { urgent: false }]);
    expect(requestOf("reader", "B", "tess")).toEqual(["/api/v1/cases/B/reader/", { username: "tess" }]);
  });
  it("says how many were changed and why others were not", () => {
    expect(outcomeText(2, [["B-1", "It is signed."]])).toBe("2 cases changed. B-1: It is signed.");
    expect(outcomeText(1, [])).toBe("1 case changed.");
  });
});
