/** Which key does what, in one place; the help page and the key handler read the same table. */

import { t } from "../shared/catalogue";
import type { Schema } from "../shared/types";

export type Action =
  | "next"
  | "confirm"
  | "reject"
  | "undo"
  | "go"
  | "rotate"
  | "flip"
  | "plane-before"
  | "plane-after"
  | "full"
  | "add"
  | "help"
  | "cells"
  | "marks"
  | "differential"
  | "typical"
  | "redo"
  | "beside"
  | "lasso"
  | "alike"
  | "comment"
  | "teach"
  | "escape"
  | "left"
  | "right"
  | "up"
  | "down"
  | "select-all"
  | { relabel: number };

/** What the keys of actions are called that buttons stand for, too. */
export const KEY_NAMES = {
  confirm: t("Enter"),
  relabel: t("letter or digit"),
  reject: t("Backspace"),
  undo: "z",
} as const;

export const KEYS: { keys: string; what: string }[] = [
  { keys: t("Space"), what: t("next cell that has not been reviewed") },
  { keys: KEY_NAMES.confirm, what: t("confirm the chosen cells") },
  { keys: KEY_NAMES.relabel, what: t("assign that class to the chosen cells") },
  { keys: KEY_NAMES.reject, what: t("reject: not a cell to be counted") },
  { keys: KEY_NAMES.undo, what: t("undo my last change") },
  { keys: t("Shift + Z or Ctrl + Y"), what: t("redo what I undid last") },
  { keys: t("Arrow keys"), what: t("move through the gallery") },
  { keys: t("Shift + click"), what: t("choose a range of cells; Ctrl + click adds one") },
  { keys: t("Ctrl + A"), what: t("choose the gallery’s cells that are on screen") },
  { keys: "g", what: t("go to the chosen cell on the slide") },
  { keys: t("Shift + A"), what: t("add a missed cell: click it, then give its class") },
  { keys: t("Shift + L"), what: t("lasso: drag round cells on the slide to choose them") },
  { keys: t("Shift + K"), what: t("list the cells that are most like the chosen one") },
  { keys: t("Shift + C"), what: t("write a comment on the chosen cell") },
  { keys: t("Shift + E"), what: t("mark the chosen cell for teaching") },
  { keys: "h", what: t("hide or show the marks on the slide") },
  { keys: t("Shift + H"), what: t("mark every cell, or only those that matter") },
  { keys: t("Shift + S"), what: t("two slides or two analyses side by side, moved together") },
  { keys: t("Shift + D"), what: t("show the differential: cells in rows, by class") },
  { keys: t("Shift + T"), what: t("in the differential: typical cells of the next most likely class") },
  { keys: "r", what: t("turn the slide by 45°") },
  { keys: t("Shift + R"), what: t("mirror the slide") },
  { keys: t(", and ."), what: t("focal plane before and after, where the slide has several") },
  { keys: t("Shift + F"), what: t("full screen") },
  { keys: t("Escape"), what: t("cancel, and return the keys to the gallery") },
  { keys: "?", what: t("show these keys") },
];

/** What holds the focus, as far as keys go: text and lists keep every key, sliders those that move them, buttons those that press. */
type Holder = "text" | "slider" | "press" | "none";

const PRESSED = "button, a[href], summary, input, [role=button], [role=menuitem], [role=tab]";

/** The holder of an element; cells of the gallery are pressed by the review's own keys. */
export function holderOf(target: Pick<Element, "matches" | "closest"> | null): Holder {
  if (!target || target.matches("[data-cell]")) return "none";
  if (target.closest("dialog")) return "text";
  if (
    target.matches("textarea, select, [contenteditable=true], input:not([type=range], [type=checkbox], [type=radio])")
  )
    return "text";
  if (target.matches("input[type=range], input[type=radio]")) return "slider";
  return target.matches(PRESSED) ? "press" : "none";
}

const PRESSES = new Set(["Enter", " "]);
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

function keeps(holder: Holder, key: string): boolean {
  if (holder === "text") return true;
  if (holder === "slider") return PRESSES.has(key) || MOVES.has(key);
  return holder === "press" && PRESSES.has(key);
}

/** The action of a key press, or null: a focused control keeps the keys that are its own. */
export function actionOf(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">,
  holder: Holder,
  schema: Schema,
): Action | null {
  if (keeps(holder, event.key)) return null;
  const key = withoutCapsLock(event);
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return "undo";
    if (key === "y" || key === "Z") return "redo";
    return key === "a" ? "select-all" : null;
  }
  switch (key) {
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
    case "R":
      return "flip";
    case "D":
      return "differential";
    case "Z":
      return "redo";
    case "L":
      return "lasso";
    case "K":
      return "alike";
    case "C":
      return "comment";
    case "E":
      return "teach";
    case "S":
      return "beside";
    case "T":
      return "typical";
    case "H":
      return "marks";
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
    case ",":
      return "plane-before";
    case ".":
      return "plane-after";
  }
  const index = classOfKey(key, schema);
  return index === null ? null : { relabel: index };
}

const MOVING: ReadonlySet<Action> = new Set<Action>([
  "next",
  "left",
  "right",
  "up",
  "down",
  "plane-before",
  "plane-after",
]);

/** Whether a key that is held down goes on acting: what moves does; what writes, opens or switches is meant once. */
export function mayRepeat(action: Action): boolean {
  return MOVING.has(action);
}

/** The key as it is without caps lock: whether a letter is a capital, Shift alone decides. */
export function withoutCapsLock({ key, shiftKey }: Pick<KeyboardEvent, "key" | "shiftKey">): string {
  if (key.length !== 1) return key;
  return shiftKey ? key.toUpperCase() : key.toLowerCase();
}

/** The class that a key stands for, by its index. */
export function classOfKey(key: string, schema: Schema): number | null {
  return schema.classes.find((c) => c.shortcut && c.shortcut === key)?.index ?? null;
}
