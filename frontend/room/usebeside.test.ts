import { describe, expect, it } from "vitest";
import type { Analysis, Slide } from "../shared/types";
import { choicesOf, otherThan } from "./usebeside";

const job = (id: string, more: Partial<Analysis> = {}) =>
  ({ id, reviewable: true, protocol_title: "Film", requested_at: "2026-11-28T10:00:00Z", ...more }) as Analysis;
const slide = (id: string, jobs: Analysis[], status = "ready") => ({ id, name: `${id}.tif`, status, jobs }) as Slide;

describe("what may stand beside a slide", () => {
  const [one, two] = [job("one"), job("two", { region: [0, 0, 9, 9] })];
  const a = slide("a", [one, two, job("waits", { reviewable: false })]);
  const choices = choicesOf([a, slide("b", []), slide("c", [], "refused")]);
  it("is each analysis with cells, and each slide without one", () => {
    expect(choices.map((c) => c.key)).toEqual(["a one", "a two", "b"]);
    expect(choices[1]?.name).toContain("(region)");
  });
  it("is another analysis first, then another slide, then the same again", () => {
    expect(otherThan(choices, { slide: a, job: one })?.key).toBe("a two");
    expect(otherThan(choicesOf([slide("a", [one]), slide("b", [])]), { slide: a, job: one })?.key).toBe("b");
    expect(otherThan(choicesOf([slide("a", [one])]), { slide: a, job: one })?.key).toBe("a one");
  });
});
