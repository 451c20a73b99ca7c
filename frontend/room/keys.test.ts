import { describe, expect, it } from "vitest";
import type { Schema } from "../shared/types";
import { actionOf, KEYS } from "./keys";

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
  actionOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more }, schema);

describe("keys", () => {
  it("gives a class to the chosen cells by its letter or digit", () => {
    expect(press("s")).toEqual({ relabel: 0 });
    expect(press("1")).toEqual({ relabel: 1 });
    expect(press("y")).toBeNull();
  });
  it("moves, confirms, rejects and undoes", () => {
    expect([press(" "), press("Enter"), press("Backspace"), press("z")]).toEqual(["next", "confirm", "reject", "undo"]);
    expect(press("z", { ctrlKey: true })).toBe("undo");
  });
  it("leaves the browser its own keys", () => {
    expect(press("s", { ctrlKey: true })).toBeNull();
    expect(press("s", { altKey: true })).toBeNull();
  });
  it("is told in the help", () => {
    expect(KEYS.map((k) => k.keys)).toContain("space");
  });
});
