import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { Schema } from "../shared/types";
import { ClassList } from "./ClassList";
import { CountsBar } from "./CountsBar";
import { type CountsTrouble, NoCounts } from "./NoCounts";
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
    const trouble = { job: null, problem: "", onRead: () => {}, onRetry: null };
    const shown = { schema, counts: null, trouble, marks, selection: "must-see" as const, notes, onChoose: () => {} };
    const loading = renderToStaticMarkup(createElement(ClassList, { ...shown, runningCounts: null }));
    expect(loading).toContain("<span>White cells</span><b>–</b>");
    expect(loading).not.toContain("without cells");
    const running = renderToStaticMarkup(createElement(ClassList, { ...shown, runningCounts: [0] }));
    expect(running).toContain("1 class without cells");
  });
});

describe("counts that failed", () => {
  const failed = { state: "failed", reviewable: false } as const;
  const done = { state: "done", reviewable: true } as const;
  const trouble = (more: Partial<CountsTrouble>): CountsTrouble => ({
    job: done,
    problem: "",
    onRead: () => {},
    onRetry: null,
    ...more,
  });
  const bar = (more: Partial<CountsTrouble>) =>
    renderToStaticMarkup(createElement(CountsBar, { counts: null, trouble: trouble(more), waiting: 0 }));
  it("are said to have failed, in the bar and over the classes, with a way to try again", () => {
    expect(bar({})).not.toContain("Try again");
    const broken = bar({ problem: "The disk is full." });
    expect(broken).toContain("The counts could not be loaded: The disk is full.");
    expect(broken).toContain("Try again");
    expect(broken).toContain("alert");
    expect(broken).not.toContain("loading…");
  });
  it("of a failed analysis are had by running it again, for who may", () => {
    expect(bar({ job: failed })).not.toContain("Try again");
    expect(bar({ job: failed, onRetry: () => {} })).toContain("Try again");
  });
  it("are asked for by the button that stands there, or the analysis run again", () => {
    const pressed: string[] = [];
    const ways = { onRead: () => void pressed.push("read"), onRetry: () => void pressed.push("retry") };
    const press = (more: Partial<CountsTrouble>) => {
      const { children } = NoCounts(trouble({ ...ways, ...more })).props;
      children.find((c: { type?: string } | null) => c?.type === "button").props.onClick();
    };
    press({ problem: "Broken." });
    press({ job: failed });
    expect(pressed).toEqual(["read", "retry"]);
  });
});
