import { useCallback, useEffect, useState } from "react";

const SHOWN_MS = 6000;

/** One line that tells what has just happened. */
export function useMessage() {
  const [line, setLine] = useState({ text: "", n: 0 });
  const say = useCallback((text: string) => setLine((before) => ({ text, n: before.n + 1 })), []);
  useEffect(() => {
    if (!line.text) return;
    const timer = window.setTimeout(
      () => setLine((now) => (now.n === line.n ? { text: "", n: now.n } : now)),
      SHOWN_MS,
    );
    return () => window.clearTimeout(timer);
  }, [line]);
  return { message: line.text, say };
}
