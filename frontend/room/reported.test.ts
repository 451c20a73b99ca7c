import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Analysis, Room, Slide } from "../shared/types";
import { ReportedBar } from "./ReportedBar";
import { analysisOf, isReplaced, replacedText, reportedOf, type Stood, stoodNow } from "./reported";
import { useRoomView } from "./useroomview";

const job = (id: string, more: Partial<Analysis> = {}) =>
  ({
    id,
    assay: "differential",
    assay_title: "White cells",
    protocol_title: "Fast",
    requested_at: "2026-11-28T12:00:00Z",
    region: null,
    state: "done",
    reviewable: true,
    reported: false,
    schema: "s",
    ...more,
  }) as Analysis;
const slide = (shown: string, ...jobs: Analysis[]) =>
  ({ id: "slide", status: "ready", jobs, job: jobs.find((j) => j.id === shown) ?? null }) as Slide;

describe("the analysis that is open", () => {
  const [a, b] = [job("a"), job("b", { reported: true })];
  it("stays open when somebody reports another, or orders one", () => {
    expect(analysisOf(slide("b", b, a), undefined, "a")?.id).toBe("a");
    const begun = job("c", { state: "running", reviewable: false });
    expect(analysisOf(slide("c", begun, a), undefined, "a")?.id).toBe("a");
    expect(analysisOf(slide("b", b, a), undefined, undefined)?.id).toBe("b");
  });
  it("gives way to what a person asks for, and where it has nothing to be read", () => {
    expect(analysisOf(slide("b", b, a), "b", "a")?.id).toBe("b");
    const failed = job("a", { state: "failed", reviewable: false });
    expect(analysisOf(slide("b", b, failed), undefined, "a")?.id).toBe("b");
    expect(analysisOf(slide("b", b), undefined, "gone")?.id).toBe("b");
  });
});

/** One mounted hook, under which what is read anew changes from round to round. */
function Page({ rounds, seen }: { rounds: Room[]; seen: (string | null)[] }) {
  const round = seen.length;
  const view = useRoomView(rounds[round]!, "slide");
  seen.push(view.jobId);
  if (round === 0) view.setChosen(null);
  if (round === 1) view.openJob("b");
  return null;
}

describe("a room in which another analysis comes to be reported", () => {
  afterEach(() => vi.unstubAllGlobals());
  it("goes on showing the one that is open, until it is told to open the other", () => {
    vi.stubGlobal("location", { hash: "" });
    const room = (...slides: Slide[]) => ({ slides, schemas: {}, opens_with: "slide" }) as unknown as Room;
    const seen: (string | null)[] = [];
    const before = room(slide("a", job("a", { reported: true }), job("b")));
    const after = room(slide("b", job("a"), job("b", { reported: true })));
    renderToStaticMarkup(createElement(Page, { rounds: [before, after, after], seen }));
    expect(seen).toEqual(["a", "a", "b"]);
  });
});

describe("the bar of another reported analysis", () => {
  const now = (before: Stood | null, open: string, reported: string | null) => {
    const stood = stoodNow(before, open, reported);
    return { stood, replaced: isReplaced(stood, reported) };
  };
  it("stands from the moment that another is reported until it is opened", () => {
    const first = now(null, "a", "a");
    const second = now(first.stood, "a", "b");
    const third = now(second.stood, "a", "b");
    expect([first, second, third].map((r) => r.replaced)).toEqual([false, true, true]);
    expect(now(third.stood, "b", "b").replaced).toBe(false);
    expect(now(third.stood, "a", "a").replaced).toBe(false);
  });
  it("does not stand where a person opened an analysis that was not reported", () => {
    const view = now(now(null, "b", "b").stood, "a", "b");
    expect(view.replaced).toBe(false);
    expect(now(view.stood, "a", "c").replaced).toBe(true);
  });
  it("knows of one examination alone", () => {
    const other = job("x", { assay: "sickle", reported: true });
    expect(reportedOf(slide("a", job("a"), other), job("a"))).toBeNull();
  });
  it("says who and when, as far as that is known, and offers to open it", () => {
    expect(replacedText(undefined)).toBe("Another analysis is reported now.");
    const choice = { job: "b", by: "Tess", at: "2026-11-29T10:00:00Z" };
    expect(replacedText(choice)).toMatch(/^Another analysis is reported now \(Tess, 29 Nov 2026, .+\)\.$/);
    expect(replacedText({ ...choice, by: "" })).toMatch(/\(since 29 Nov 2026, .+\)\.$/);
    const bar = renderToStaticMarkup(createElement(ReportedBar, { reported: job("b"), choice, onOpen: () => {} }));
    expect(bar).toContain("Open it</button>");
    expect(bar).toContain("It is White cells: Fast, 28 Nov 2026");
  });
});
