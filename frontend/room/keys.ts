/** Which key does what, in one place; the help page and the key handler read the same table. */

import type { Schema } from "../shared/types";

export type Action =
  | "next"
  | "confirm"
  | "reject"
  | "undo"
  | "go"
  | "rotate"
  | "full"
  | "add"
  | "help"
  | "cells"
  | "escape"
  | "left"
  | "right"
  | "up"
  | "down"
  | "select-all"
  | { relabel: number };

export const KEYS: { keys: string; what: string }[] = [
  { keys: "space", what: "next cell that is not seen yet" },
  { keys: "Enter", what: "confirm the chosen cells" },
  { keys: "a letter or digit", what: "give the chosen cells that class" },
  { keys: "Backspace", what: "reject: this is no cell to count" },
  { keys: "z", what: "undo my last change" },
  { keys: "arrows", what: "move through the gallery" },
  { keys: "Shift + click", what: "choose from here to there; Ctrl + click adds one" },
  { keys: "Ctrl + A", what: "choose all cells of the gallery" },
  { keys: "g", what: "go to the chosen cell on the slide" },
  { keys: "Shift + A", what: "add a missed cell" },
  { keys: "h", what: "hide or show the cells on the slide" },
  { keys: "r", what: "rotate the slide" },
  { keys: "Shift + F", what: "full screen" },
  { keys: "?", what: "this list" },
];

/** The action of a key press, or null. Typing in a field is never an action. */
export function actionOf(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey"> & { target?: EventTarget | null },
  schema: Schema,
): Action | null {
  const target = event.target;
  if (typeof HTMLElement !== "undefined" && target instanceof HTMLElement) {
    if (target.closest("input:not([type=range]):not([type=checkbox]), textarea, select, dialog")) return null;
  }
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "z") return "undo";
    return event.key === "a" ? "select-all" : null;
  }
  switch (event.key) {
    case " ":
      return "next";
    case "Enter":
      return "confirm";
    case "Backspace":
    case "Delete":
      return "reject";
    case "Escape":
      return "escape";
    case "?":
      return "help";
    case "A":
      return "add";
    case "F":
      return "full";
    case "ArrowLeft":
      return "left";
    case "ArrowRight":
      return "right";
    case "ArrowUp":
      return "up";
    case "ArrowDown":
      return "down";
    case "z":
      return "undo";
    case "g":
      return "go";
    case "r":
      return "rotate";
    case "h":
      return "cells";
  }
  const found = schema.classes.find((c) => c.shortcut && c.shortcut === event.key);
  return found ? { relabel: found.index } : null;
}
