import { useEffect, useRef, useState } from "react";
import type { Analysis } from "../shared/types";
import { type Choice, isReplaced, reportedOf, type Stood, stoodNow } from "./reported";
import type { RoomView } from "./useroomview";

export const REPORTED_NEWS = "hemaview:reported";

/** The analysis that has come to be reported in place of the open one, with who chose it; null where none has. */
export function useReported({ slide, job }: RoomView): { reported: Analysis; choice: Choice | undefined } | null {
  const [choices, setChoices] = useState<readonly Choice[]>([]);
  useEffect(() => {
    const news = (event: Event) => setChoices((event as CustomEvent<Choice[]>).detail);
    window.addEventListener(REPORTED_NEWS, news);
    return () => window.removeEventListener(REPORTED_NEWS, news);
  }, []);
  const stood = useRef<Stood | null>(null);
  const reported = reportedOf(slide, job);
  stood.current = stoodNow(stood.current, job?.id ?? null, reported?.id ?? null);
  if (!reported || !isReplaced(stood.current, reported.id)) return null;
  return { reported, choice: choices.find((one) => one.job === reported.id) };
}
