/** That the open slide was removed by somebody, so that nobody takes the one that is shown then for it. */

import { useEffect, useRef, useState } from "react";
import { t } from "../shared/catalogue";
import { slideTitle } from "../shared/format";
import type { Room, Slide } from "../shared/types";

type Named = Pick<Slide, "id" | "name">;

/** A slide that was open, with what it was called. */
export interface WasOpen {
  id: string;
  title: string;
}

/** What is open now, as it will be remembered. */
export function openNow(slides: readonly Named[], open: Named | null): WasOpen | null {
  return (
    open && {
      id: open.id,
      title: slideTitle(
        open,
        slides.findIndex(({ id }) => id === open.id),
      ),
    }
  );
}

/** What is said where the slide that was open is no longer in the case; empty where it is. */
export function removedText(before: WasOpen | null, slides: readonly Named[], open: Named | null): string {
  if (!before || slides.some(({ id }) => id === before.id)) return "";
  return open
    ? t("{title} has been removed from this case; another slide is open now.", { title: before.title })
    : t("{title} has been removed from this case.", { title: before.title });
}

/** The same of the room's open slide; stays until another one is removed. */
export function useRemoved({ slides }: Pick<Room, "slides">, open: Slide | null): string {
  const before = useRef<WasOpen | null>(null);
  const [note, setNote] = useState("");
  useEffect(() => {
    const text = removedText(before.current, slides, open);
    if (text) setNote(text);
    before.current = openNow(slides, open);
  }, [slides, open]);
  return note;
}
