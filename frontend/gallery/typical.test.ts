import { describe, expect, it } from "vitest";
import { sourcesText } from "./TypicalStrip";

const own = (source: string) => ({ url: source, source, own: true });

describe("typical pictures", () => {
  it("say where they come from, own cells first", () => {
    const free = { url: "p", source: "A set (CC BY 4.0)", own: false };
    expect(sourcesText([own("B-1"), own("B-1"), own("B-2"), free, free])).toBe(
      "3 confirmed cells of 2 cases here; A set (CC BY 4.0)",
    );
  });
  it("say what to do where there are none", () => {
    expect(sourcesText([])).toContain("confirm cells of this class in other cases");
  });
});
