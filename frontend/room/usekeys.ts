import { useEffect } from "react";
import type { Schema } from "../shared/types";
import { type Action, actionOf } from "./keys";

/** Keys of the whole window as actions; nothing while `shut`, and a button that has the focus keeps space and Enter. */
export function useKeys(schema: Schema, shut: boolean, press: (action: Action, range: boolean) => void) {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      const action = actionOf(event, schema);
      if (action === null || shut) return;
      const active = document.activeElement;
      const onButton = active instanceof HTMLButtonElement && !active.classList.contains("picture");
      if (
        onButton &&
        (action === "next" || action === "confirm") &&
        active.matches("header *, .objectives *, .sizes *")
      )
        return;
      event.preventDefault();
      press(action, event.shiftKey);
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [schema, shut, press]);
}
