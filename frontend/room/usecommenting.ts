/** The comment field of the chosen cell, which may be asked for before the cell's card is there. */

import { useCallback, useEffect, useState } from "react";

/** `waits`: the field was asked for and is not open yet, so what is typed names no cells; Escape, another cell or a card that does
 * not come ends it. */
export function useCommenting(chosen: string, problem: string) {
  const [wanted, setWanted] = useState("");
  const cancel = useCallback(() => setWanted(""), []);
  const waits = isWaiting(wanted, chosen, problem);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the field was asked for of another cell
  useEffect(cancel, [chosen]);
  useEffect(() => {
    if (!waits) return;
    const down = (event: KeyboardEvent) => {
      if (event.key === "Escape") cancel();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [waits, cancel]);
  return { waits, ask: setWanted, onOpened: cancel };
}

/** Whether the field of the cell `chosen` was asked for (`wanted`) and may still open. */
export function isWaiting(wanted: string, chosen: string, problem: string): boolean {
  return wanted !== "" && wanted === chosen && problem === "";
}
