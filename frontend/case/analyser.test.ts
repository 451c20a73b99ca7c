import { describe, expect, it } from "vitest";
import { numbersOf, textsOf } from "./analyser";

describe("the form of the analyser's values", () => {
  it("keeps what somebody else enters meanwhile in fields that are not typed in", () => {
    const original = [
      { key: "wbc_10e9_per_l", value: null },
      { key: "hb_g_per_l", value: null },
      { key: "mcv_fl", value: 88 },
    ];
    const typed = { wbc_10e9_per_l: "7,4", mcv_fl: "" };
    expect(numbersOf(textsOf(original, typed))).toEqual([["wbc_10e9_per_l", 7.4]]);
    const now = original.map((q) => (q.key === "hb_g_per_l" ? { ...q, value: 121 } : q));
    expect(numbersOf(textsOf(now, typed))).toEqual([
      ["wbc_10e9_per_l", 7.4],
      ["hb_g_per_l", 121],
    ]);
  });
});
