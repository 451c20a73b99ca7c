import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import { seePlace } from "../room/useholds";
import { readPlace } from "../viewer/place";
import { addressOf, analysisAt, isHoldList, placeOf } from "./holds";
import { HoldText, SignHolds } from "./SignHolds";
import type { Analysis, Counts, Hold, Room, Slide } from "./types";

const hold = (code: string, more: Partial<Hold> = {}) =>
  ({ code, sentence: `The ${code}.`, lifted_by: "review", ...more }) as Hold;
const job = (id: string, more: Partial<Analysis> = {}) =>
  ({ id, schema: "s", reported: true, reviewable: true, ...more }) as Analysis;
const room = {
  case: { accession: "C-1" },
  slides: [
    { id: "one", jobs: [job("a", { reported: false }), job("b", { schema: "red" })] },
    { id: "two", jobs: [job("c")] },
  ] as unknown as Slide[],
  schemas: { s: { classes: [{ key: "unidentified", index: 9 }] }, red: { classes: [] } } as unknown as Room["schemas"],
};

describe("a hold that names cells", () => {
  it("knows their list and their analysis; another leads nowhere", () => {
    expect(placeOf(hold("must-see-open", { open: [{ job: "c" }] }))).toEqual({ list: "must-see", job: "c" });
    expect(placeOf(hold("unidentified-cells"))).toEqual({ list: "unidentified", job: null });
    expect(placeOf(hold("carried-labels", { job: "b" }))).toEqual({ list: "carried", job: "b" });
    expect(placeOf(hold("differences-open"))?.list).toBe("readers");
    expect(placeOf(hold("logo-gone"))).toBeNull();
  });
  it("leads from the case page to the right list of the right analysis", () => {
    const address = addressOf("C-1", { list: "unidentified", job: null }, room);
    expect(address).toMatch(/^\/cases\/C-1\/read\/#/);
    const place = readPlace(address.slice(address.indexOf("#")));
    expect([place.slide, place.job, place.list, isHoldList(place.list)]).toEqual(["two", "c", "unidentified", true]);
    expect(addressOf("C-1", { list: "readers", job: null }, room)).toBe("/cases/C-1/#readers");
    expect(isHoldList("must")).toBe(false);
  });
  it("stays in the open analysis where that is reported", () => {
    expect(analysisAt({ list: "must-see", job: null }, room, "c")?.job.id).toBe("c");
    expect(analysisAt({ list: "must-see", job: null }, room, "a")?.job.id).toBe("b");
  });
});

describe("the holds before a signature", () => {
  const counts = { must_see: { open: 2, by_reason: [{ reason: "blast", open: 2 }] } } as unknown as Counts;
  const shown = (standing: Hold[], of: Counts | null = null) =>
    renderToStaticMarkup(createElement(SignHolds, { standing, counts: of, onSee: () => {} }));
  it("have a button each that leads to their cells", () => {
    const every = shown([hold("must-see-open"), hold("carried-labels"), hold("differences-open"), hold("scale")]);
    expect(every.match(/<button/g)).toHaveLength(3);
    for (const words of ["Show these cells", "Show these labels", "Show the readers"]) expect(every).toContain(words);
  });
  it("tell of the cells of the open analysis by reason, and of those of another in the hold's words", () => {
    const here = shown([hold("must-see-open")], counts);
    expect(here).toContain("2 × blast");
    expect(here).not.toContain("The must-see-open.");
    const none = { must_see: { open: 0, by_reason: [] } } as unknown as Counts;
    expect(shown([hold("must-see-open")], none)).toContain("The must-see-open. <button");
  });
  it("lead where their own cells are", () => {
    const onSee = vi.fn();
    const { children } = HoldText({ hold: hold("carried-labels", { job: "b" }), onSee }).props;
    children.find((c: { type?: string } | null) => c?.type === "button").props.onClick();
    expect(onSee.mock.calls).toEqual([[{ list: "carried", job: "b" }]]);
  });
});

describe("the room that is led to a hold's cells", () => {
  const go = (place: Parameters<typeof seePlace>[0], jobId: string) => {
    const did: unknown[] = [];
    const tell =
      (what: string) =>
      (...of: unknown[]) =>
        void did.push([what, ...of]);
    seePlace(place, {
      data: room as never,
      view: { jobId, openPlace: tell("open") },
      openList: tell("list"),
      beginWith: tell("begin"),
      showCarried: tell("carried"),
      leave: tell("leave"),
    });
    return did;
  };
  it("opens the list of the open analysis, or the analysis first", () => {
    expect(go({ list: "must-see", job: "c" }, "c")).toEqual([["list", "must-see"]]);
    const other = ["open", { slide: "two", job: "c" }];
    expect(go({ list: "unidentified", job: null }, "b")).toEqual([other, ["begin", "c", 9]]);
    expect(go({ list: "carried", job: "c" }, "b")).toEqual([other, ["carried"]]);
    expect(go({ list: "readers", job: null }, "b")).toEqual([["leave", "/cases/C-1/#readers"]]);
  });
});
