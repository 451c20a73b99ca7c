/** What is marked on the slide: at opening only what matters, all else on demand. */

import { useCallback, useMemo, useState } from "react";
import type { Schema } from "../shared/types";
import { quietClasses } from "./opening";

const NONE: ReadonlySet<number> = new Set();

export function useMarks(schema: Schema) {
  const quiet = useMemo(() => quietClasses(schema), [schema]);
  // Indices mean something in one schema only.
  const [set, setSet] = useState<{ schema: string; hidden: ReadonlySet<number> } | null>(null);
  const hidden = set?.schema === schema.name ? set.hidden : quiet;
  const [threshold, setThreshold] = useState(0);
  const [opacity, setOpacity] = useState(1);
  const [showRegions, setShowRegions] = useState(true);
  const setHidden = useCallback(
    (after: ReadonlySet<number>) => setSet({ schema: schema.name, hidden: after }),
    [schema.name],
  );

  const toggle = useCallback(
    (classes: readonly number[]) => {
      const after = new Set(hidden);
      const show = classes.every((c) => after.has(c));
      for (const c of classes) {
        if (show) after.delete(c);
        else after.add(c);
      }
      setHidden(after);
    },
    [hidden, setHidden],
  );
  const show = useCallback(
    (cls: number) => {
      if (hidden.has(cls)) toggle([cls]);
    },
    [hidden, toggle],
  );
  const only = useCallback(
    (cls: number) => {
      const others = new Set(schema.classes.map((c) => c.index).filter((index) => index !== cls));
      const alone = !hidden.has(cls) && hidden.size === others.size;
      setHidden(alone ? quiet : others);
    },
    [schema, hidden, quiet, setHidden],
  );
  return {
    only,
    hidden,
    every: hidden.size === 0,
    threshold,
    opacity,
    showRegions,
    setThreshold,
    setOpacity,
    setShowRegions,
    toggle,
    show,
    markEvery: useCallback((every: boolean) => setHidden(every ? NONE : quiet), [quiet, setHidden]),
    hideOrShow: useCallback(() => setOpacity((o) => (o > 0 ? 0 : 1)), []),
  };
}

export type Marks = ReturnType<typeof useMarks>;
