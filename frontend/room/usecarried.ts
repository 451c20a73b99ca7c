/** Labels of an earlier analysis in the room: shown whichever pane is open, decided on, and taken back by the key that undoes. */

import { useCallback, useState } from "react";
import type { CellName } from "../gallery/keyof";
import { plural, t } from "../shared/catalogue";
import type { CarriedLabel } from "../shared/types";
import { useWaiting, type Waiting } from "../shared/usewaiting";
import type { Session } from "./session";

/** `jobId`: null while the open analysis cannot be reviewed. */
export function useCarried(jobId: string | null, session: Session, listAgain: () => void, say: (text: string) => void) {
  const { readLabels, undo, label, addCell, nameCell } = session;
  const waiting = useWaiting(jobId, () => {
    void readLabels();
    listAgain();
  });
  const { flush, takeBack } = waiting;
  const [requests, setRequests] = useState(0);
  return {
    waiting,
    requests,
    ask: useCallback(() => setRequests((n) => n + 1), []),
    undo: useCallback(() => undoLast(waiting.recent, takeBack, undo, say), [waiting.recent, takeBack, undo, say]),
    // What is labelled now comes after what was decided: the key that undoes takes back the later of the two.
    label: useAfter(label, flush),
    addCell: useAfter(addCell, flush),
    nameCell: useAfter(nameCell, flush),
  };
}

/** What was decided last and has not been sent yet is taken back; else what was labelled last. */
export async function undoLast(
  recent: Waiting["recent"],
  takeBack: () => boolean,
  undo: () => Promise<boolean>,
  say: (text: string) => void,
): Promise<boolean> {
  if (recent === null || !takeBack()) return undo();
  say(
    plural(
      recent.ids.length,
      "Undone: {n} label awaits a decision again.",
      "Undone: {n} labels await a decision again.",
    ),
  );
  return true;
}

function useAfter<A extends unknown[], R>(act: (...of: A) => R, flush: () => void): (...of: A) => R {
  return useCallback(
    (...of: A) => {
      flush();
      return act(...of);
    },
    [act, flush],
  );
}

interface Ways {
  showSlide(): void;
  pick(cell: CellName | null): void;
  goTo(place: Pick<CarriedLabel, "x" | "y">): void;
  say(text: string): void;
}

/** Bring a label's cell into view on the slide, whatever stands in its place, and open its card. */
export function showCarried(label: CarriedLabel, { showSlide, pick, goTo, say }: Ways): void {
  showSlide();
  pick(label.row === null ? null : { row: label.row, added: null });
  goTo(label);
  if (label.row === null) say(t("The new analysis has no cell here."));
}
