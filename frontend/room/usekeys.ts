import { useEffect } from "react";
import type { Schema } from "../shared/types";
import { type Action, actionOf, holderOf, mayRepeat } from "./keys";

type Press = (action: Action, range: boolean) => void;

/** Do what a key stands for; a focused control keeps its own, and a key that is held down writes no more than once. */
export function keyDown(event: KeyboardEvent, schema: Schema, press: Press): void {
  const action = actionOf(event, holderOf(event.target instanceof Element ? event.target : null), schema);
  if (action === null) return;
  event.preventDefault();
  if (!event.repeat || mayRepeat(action)) press(action, event.shiftKey);
}

/** Keys of the whole window as actions; nothing while `shut`, and a focused control keeps its own. */
export function useKeys(schema: Schema, shut: boolean, press: Press) {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (!shut && !event.defaultPrevented) keyDown(event, schema, press);
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [schema, shut, press]);
}

/** Give the keys to the gallery, or to the differential where that is shown: what was pressed by mouse must not keep Space and Enter. */
export function keysToGallery(): void {
  document.querySelector<HTMLElement>(".gallery-scroll, .differential")?.focus({ preventScroll: true });
}
