import { describe, expect, it, vi } from "vitest";
import type { Schema } from "../shared/types";
import { keyDown } from "./usekeys";

const schema: Schema = { name: "t", version: 1, groups: [], classes: [] };
const event = (key: string, repeat: boolean) =>
  ({ key, repeat, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, target: null }) as KeyboardEvent;

describe("a key that is held down", () => {
  it("writes once and moves as long as it is held", () => {
    vi.stubGlobal("Element", class {});
    const press = vi.fn();
    for (const key of ["Enter", "Backspace", "z", " ", "ArrowRight"])
      for (const repeat of [false, true, true])
        keyDown({ ...event(key, repeat), preventDefault: () => {} }, schema, press);
    expect(press.mock.calls.map(([action]) => action)).toEqual([
      "confirm",
      "reject",
      "undo",
      "next",
      "next",
      "next",
      "right",
      "right",
      "right",
    ]);
    vi.unstubAllGlobals();
  });
});
