import { useEffect } from "react";
import type { Schema } from "../shared/types";
import { type Action, actionOf, holderOf } from "./keys";

/** Keys of the whole window as actions; nothing while `shut`, and a focused control keeps its own. */
export function useKeys(schema: Schema, shut: boolean, press: (action: Action, range: boolean) => void) {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (shut || event.defaultPrevented) return;
      const action = actionOf(event, holderOf(event.target instanceof Element ? event.target : null), schema);
      if (action === null) return;
      event.preventDefault();
      press(action, event.shiftKey);
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [schema, shut, press]);
}

/** Give the keys to the gallery, or to the differential where that is shown: what was pressed by mouse must not keep Space and Enter. */
export function keysToGallery(): void {
  document.querySelector<HTMLElement>(".gallery-scroll, .differential")?.focus({ preventScroll: true });
}
