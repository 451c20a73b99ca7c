import { describe, expect, it } from "vitest";
import type { Schema } from "../shared/types";
import { type Action, actionOf, holderOf, KEYS, mayRepeat } from "./keys";

const cell = { name: "", short: "", group: "wbc", colour: "", mark: "", must_see: false, counted: true };
const schema: Schema = {
  name: "t",
  version: 1,
  groups: [],
  classes: [
    { ...cell, index: 0, key: "a", shortcut: "s" },
    { ...cell, index: 1, key: "b", shortcut: "1" },
  ],
};
const press = (key: string, more = {}) =>
  actionOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more }, "none", schema);
const pressOn = (key: string, holder: ReturnType<typeof holderOf>) =>
  actionOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false }, holder, schema);
/** An element that matches what the list says, as a browser would. */
const element = (selectors: string[], within = "") => ({
  matches: (selector: string) => selectors.some((s) => selector.split(", ").includes(s)),
  closest: (selector: string) => (selector === within ? ({} as Element) : null),
});

describe("keys", () => {
  it("gives a class to the chosen cells by its letter or digit", () => {
    expect(press("s")).toEqual({ relabel: 0 });
    expect(press("1")).toEqual({ relabel: 1 });
    expect(press("y")).toBeNull();
  });
  it("moves, confirms, rejects and undoes", () => {
    expect([press(" "), press("Enter"), press("Backspace"), press("z")]).toEqual(["next", "confirm", "reject", "undo"]);
    expect(press("z", { ctrlKey: true })).toBe("undo");
    expect([
      press("Z", { shiftKey: true }),
      press("y", { ctrlKey: true }),
      press("Z", { ctrlKey: true, shiftKey: true }),
    ]).toEqual(["redo", "redo", "redo"]);
  });
  it("takes no letter for a tool because of caps lock: Shift decides", () => {
    const shift = { shiftKey: true };
    expect([press("S"), press("E"), press("Z")]).toEqual([{ relabel: 0 }, null, "undo"]);
    expect([press("e", shift), press("s", shift), press("E", shift)]).toEqual(["teach", "beside", "teach"]);
    expect([press("Z", { ctrlKey: true }), press("z", { ctrlKey: true, ...shift })]).toEqual(["undo", "redo"]);
    expect([press("?", shift), press("Enter", shift)]).toEqual(["help", "confirm"]);
  });
  it("steps through focal planes", () => {
    expect([press(","), press(".")]).toEqual(["plane-before", "plane-after"]);
    expect(pressOn(".", "slider")).toBe("plane-after");
  });
  it("leaves the browser its own keys", () => {
    expect(press("s", { ctrlKey: true })).toBeNull();
    expect(press("s", { altKey: true })).toBeNull();
  });
  it("leaves a focused button its Enter and Space, and takes letters", () => {
    expect([pressOn("Enter", "press"), pressOn(" ", "press"), pressOn("s", "press")]).toEqual([
      null,
      null,
      { relabel: 0 },
    ]);
  });
  it("leaves a focused slider what moves it, and text every key", () => {
    expect([pressOn("ArrowLeft", "slider"), pressOn(" ", "slider"), pressOn("z", "slider")]).toEqual([
      null,
      null,
      "undo",
    ]);
    expect([pressOn("s", "text"), pressOn("Enter", "text"), pressOn("?", "text")]).toEqual([null, null, null]);
  });
  it("tells what holds the focus", () => {
    expect(holderOf(element(["button"]))).toBe("press");
    expect(holderOf(element(["summary"]))).toBe("press");
    expect(holderOf(element(["select"]))).toBe("text");
    expect(holderOf(element(["button"], "dialog"))).toBe("text");
    expect(holderOf(element(["input[type=range]"]))).toBe("slider");
    expect(holderOf(element(["[data-cell]", "button"]))).toBe("none");
    expect(holderOf(null)).toBe("none");
  });
  it("that is held down goes on moving, and writes once", () => {
    const moving: Action[] = ["next", "left", "right", "up", "down"];
    const once: Action[] = ["confirm", "reject", "undo", "redo", "teach", "comment", "add", { relabel: 1 }];
    expect([...moving, ...once].filter(mayRepeat)).toEqual(moving);
  });
  it("is told in the help", () => {
    expect(KEYS.map((k) => k.keys)).toContain("Space");
  });
});
