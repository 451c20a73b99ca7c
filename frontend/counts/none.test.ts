import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { Schema } from "../shared/types";
import { ClassList } from "./ClassList";
import { whyNoCounts } from "./none";

describe("while there are no counts", () => {
  it("says whether they are loading, awaited, or will never come", () => {
    expect(whyNoCounts({ state: "done", reviewable: true })).toBe("Counts are loading…");
    expect(whyNoCounts({ state: "running", reviewable: false })).toBe("Counts appear when the analysis is complete.");
    expect(whyNoCounts(null)).toBe("Counts appear when the analysis is complete.");
    expect(whyNoCounts({ state: "failed", reviewable: false })).toBe("The analysis failed: there are no counts.");
  });
  it("the list of classes says of none that it is without cells", () => {
    const schema = {
      groups: [{ key: "wbc", name: "White cells", noun: "", kind: "nucleated" }],
      classes: [{ index: 0, key: "seg", name: "Neutrophil", group: "wbc" }],
    } as unknown as Schema;
    const marks = { hidden: new Set<number>(), threshold: 0, opacity: 1 } as never;
    const notes = { teaching: 0, commented: 0 } as never;
    const shown = { schema, counts: null, marks, selection: "must-see" as const, notes, onChoose: () => {} };
    const loading = renderToStaticMarkup(createElement(ClassList, { ...shown, runningCounts: null }));
    expect(loading).toContain("<span>White cells</span><b>–</b>");
    expect(loading).not.toContain("without cells");
    const running = renderToStaticMarkup(createElement(ClassList, { ...shown, runningCounts: [0] }));
    expect(running).toContain("1 class without cells");
  });
});
