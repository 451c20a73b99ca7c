import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { showCarried, undoLast } from "../room/usecarried";
import { decidedText, failedText } from "./carried";
import { flushPending, PendingDecision } from "./pendingdecision";
import type { CarriedLabel, Schema } from "./types";
import { decideOn, type Waiting } from "./usewaiting";
import { focusAfter, WaitingLabels } from "./WaitingLabels";

const schema = {
  classes: [
    { key: "blast", name: "Blast", mark: "dot", colour: "#a00" },
    { key: "mono", name: "Monocyte", mark: "dot", colour: "#00a" },
  ],
} as unknown as Schema;
const label = (id: string, more: Partial<CarriedLabel> = {}) =>
  ({
    id,
    row: 7,
    x: 10,
    y: 20,
    by: "Tess",
    state: "relabelled",
    label_key: "blast",
    machine_before: "mono",
    machine_now: "mono",
    why: "renamed",
    ...more,
  }) as CarriedLabel;
const nothing = () => {};

function shown(more: Partial<Waiting>, may = true): string {
  const rest = { recent: null, problem: "", decide: nothing, takeBack: () => true, flush: nothing };
  const waiting: Waiting = {
    labels: [label("1"), label("2", { row: null, why: "no-partner", machine_now: "" })],
    ...rest,
  };
  const props = { jobId: "j", schema, may, waiting: { ...waiting, ...more }, onShow: nothing };
  return renderToStaticMarkup(createElement(WaitingLabels, props));
}

describe("labels that wait for a decision", () => {
  it("show the cell's picture, or its place, and both classes", () => {
    const list = shown({});
    expect(list).toContain("/api/v1/jobs/j/cells/7/crop.jpg");
    expect(list).toContain("/api/v1/jobs/j/carried/2/crop.jpg");
    expect(list).toMatch(/<b>Blast<\/b> <span class="soft">Tess<\/span>.*<b>Monocyte<\/b> <span class="soft">machine/);
    expect(list).toContain("<b>No such cell</b>");
  });
  it("are decided on one by one or all at once, by who may", () => {
    expect(shown({})).toContain("Keep all 2 labels");
    expect(shown({})).toContain("Drop all 2 labels");
    expect(shown({ labels: [label("1")] })).not.toContain("Keep all");
    const reader = shown({}, false);
    expect(reader).toContain("Show</button>");
    expect(reader).not.toMatch(/Keep|Drop|checkbox/);
  });
  it("leave a way back while what was decided has not been sent", () => {
    const decided = shown({ labels: [], recent: { ids: ["1", "2"], keep: true } });
    expect(decided).toContain("2 labels kept.");
    expect(decided).toContain("Undo</button>");
    expect(shown({ labels: [] })).toBe("");
    expect(decidedText({ ids: ["1"], keep: false })).toBe("1 label dropped.");
  });
});

describe("a decision by key", () => {
  it("leads to the same button of the following label, and at the end to the way back", () => {
    const labels = ["1", "2", "3"].map((id) => label(id));
    expect(focusAfter(labels, ["1"], true)).toBe('[data-label="2"] [data-decide="keep"]');
    expect(focusAfter(labels, ["3"], false)).toBe('[data-label="2"] [data-decide="drop"]');
    expect(focusAfter(labels, ["1", "3"], true)).toBe('[data-label="2"] [data-decide="keep"]');
    expect(focusAfter(labels, ["1", "2", "3"], true)).toBe("[data-take-back]");
  });
});

describe("a decision that is held back", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  it("is done after a while, or when the next is made, and not once it was taken back", async () => {
    const done: string[] = [];
    const pending = new PendingDecision<string>(async (what) => void done.push(what), 100);
    pending.put("a");
    pending.put("b");
    expect([done, pending.get()]).toEqual([["a"], "b"]);
    await vi.advanceTimersByTimeAsync(100);
    expect([done, pending.get()]).toEqual([["a", "b"], null]);
    pending.put("c");
    expect([pending.takeBack(), pending.takeBack()]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(200);
    expect(done).toEqual(["a", "b"]);
  });
  it("is done before something that depends on it, wherever on the page it is held, and once", async () => {
    const done: string[] = [];
    const [one, other] = [1, 2].map(() => new PendingDecision<string>(async (what) => void done.push(what), 100));
    one?.put("a");
    other?.put("b");
    await flushPending();
    expect([done.splice(0).sort(), one?.get(), other?.get()]).toEqual([["a", "b"], null, null]);
    one?.put("c");
    one?.takeBack();
    await flushPending();
    await vi.advanceTimersByTimeAsync(200);
    expect(done).toEqual([]);
  });
  it("is what the key that undoes takes back first", async () => {
    const [undo, say] = [vi.fn(async () => true), vi.fn()];
    expect(await undoLast({ ids: ["1"], keep: true }, () => true, undo, say)).toBe(true);
    expect(undo).not.toHaveBeenCalled();
    expect(say.mock.calls).toEqual([["Undone: 1 label awaits a decision again."]]);
    await undoLast(null, () => false, undo, say);
    expect(undo).toHaveBeenCalledOnce();
  });
});

describe("a decision on several labels", () => {
  it("goes on where one cannot be kept, and says why", async () => {
    const post = vi.fn(async (_: string, body: unknown) => {
      if ((body as { id: string }).id === "2") throw new Error("No such class; drop the label.");
      return [label("2")];
    });
    const { failed, left } = await decideOn("/u/", { ids: ["1", "2", "3"], keep: true }, post);
    expect(post.mock.calls.map(([, body]) => body)).toEqual(["1", "2", "3"].map((id) => ({ id, keep: true })));
    expect(left?.map((one) => one.id)).toEqual(["2"]);
    expect(failedText(failed, 3)).toBe("1 of 3 labels still waits. No such class; drop the label.");
    expect([failedText([], 3), failedText(["Gone."], 1)]).toEqual(["", "Gone."]);
  });
});

describe("a waiting label that is shown", () => {
  it("opens the slide, the cell's card and its place, whichever pane is open", () => {
    const did: unknown[] = [];
    const ways = {
      showSlide: () => void did.push("slide"),
      pick: (cell: unknown) => void did.push(cell),
      goTo: ({ x, y }: { x: number; y: number }) => void did.push([x, y]),
      say: (text: string) => void did.push(text),
    };
    showCarried(label("1"), ways);
    expect(did.splice(0)).toEqual(["slide", { row: 7, added: null }, [10, 20]]);
    showCarried(label("2", { row: null }), ways);
    expect(did).toEqual(["slide", null, [10, 20], "The new analysis has no cell here."]);
  });
});
