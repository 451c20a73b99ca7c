import { describe, expect, it } from "vitest";
import { sameLoss } from "./loss";

describe("what a removal takes away", () => {
  const loss = { slides: 1, analyses: 2, labels: 3, comments: 0, annotations: 1 };
  it("is the same only where every number is", () => {
    expect(sameLoss(loss, { ...loss })).toBe(true);
    expect(sameLoss({ ...loss, labels: 53 }, loss)).toBe(false);
    expect(sameLoss(loss, undefined)).toBe(false);
  });
});
