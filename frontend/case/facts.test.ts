import { describe, expect, it } from "vitest";
import { ageTextOf, changesOf } from "./facts";

const original = { pseudonym: "P-1", sex: "female", stain: "MGG", question: "", age_days: 10_000 } as const;

describe("the form of a case's facts", () => {
  it("sends what was changed alone, and leaves an age in days as it is", () => {
    const age = ageTextOf(original.age_days);
    expect(age).toEqual({ text: "27", unit: "years" });
    expect(changesOf(original, { stain: "Wright" }, age)).toEqual({ stain: "Wright" });
    expect(changesOf(original, { stain: "MGG", question: "" }, age)).toEqual({});
    expect(changesOf(original, {}, { text: "28", unit: "years" })).toEqual({ age_days: 10_227 });
    expect(changesOf(original, {}, { text: "27", unit: "months" })).toEqual({ age_days: 822 });
    expect(changesOf(original, {}, { text: " ", unit: "years" })).toEqual({ age_days: null });
    expect(changesOf({ ...original, age_days: null }, {}, { text: "", unit: "months" })).toEqual({});
    expect(changesOf({ ...original, age_days: null }, {}, { text: "3", unit: "days" })).toEqual({ age_days: 3 });
  });
});
