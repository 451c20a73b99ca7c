/** What the buttons of the chosen cell's card do: each what its key does, and a class asked for where a key would name it. */

import { useCallback, useEffect, useMemo, useState } from "react";
import type { Reviewing } from "../gallery/ReviewActs";
import type { Action } from "./keys";
import { keysToGallery } from "./usekeys";

type Press = (action: Action, range: boolean) => void;

/** The class of the chosen cells is asked for. */
export interface Naming {
  on: boolean;
  onPick(cls: number): void;
  onCancel(): void;
}

/** The card's buttons as presses of keys; `ask` asks for a class. */
export function pressesOf(press: Press, ask: () => void): Omit<Reviewing, "refusal" | "n"> {
  const by = (action: Action) => () => press(action, false);
  return { onConfirm: by("confirm"), onReject: by("reject"), onUndo: by("undo"), onRename: ask };
}

/** `cell`: what tells the chosen cell from another. */
export function useNaming(cell: string) {
  const [on, setOn] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question was about another cell
  useEffect(() => setOn(false), [cell]);
  return { on, setOn };
}

/** `refused`: why no class can be asked for just now; empty where it can. */
export function useReviewing(
  press: Press,
  { on, setOn }: ReturnType<typeof useNaming>,
  refused: string,
  say: (text: string) => void,
) {
  const presses = useMemo(
    () => pressesOf(press, () => (refused ? say(refused) : setOn(true))),
    [press, refused, say, setOn],
  );
  const onPick = useCallback(
    (cls: number) => {
      setOn(false);
      press({ relabel: cls }, false);
      keysToGallery();
    },
    [press, setOn],
  );
  const onCancel = useCallback(() => {
    setOn(false);
    keysToGallery();
  }, [setOn]);
  const naming: Naming = { on, onPick, onCancel };
  return { presses, naming };
}
