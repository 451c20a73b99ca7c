import { describe, expect, it } from "vitest";
import { ageOf, ageText, daysOf } from "./age";

describe("ages", () => {
  it("come back from days as they were entered", () => {
    for (let n = 2; n <= 120; n++) expect(ageOf(daysOf({ n, unit: "years" }))).toEqual({ n, unit: "years" });
    for (let n = 2; n < 24; n++) expect(ageOf(daysOf({ n, unit: "months" }))).toEqual({ n, unit: "months" });
    for (let n = 0; n < 60; n++) expect(ageOf(daysOf({ n, unit: "days" }))).toEqual({ n, unit: "days" });
  });
  it("are said in the singular where there is one", () => {
    expect([ageText(null), ageText(1), ageText(61), ageText(731)]).toEqual(["", "1 day", "2 months", "2 years"]);
  });
});
