import { useCallback, useEffect, useState } from "react";

const SHOWN_MS = 6000;

/** One line that tells what has just happened. */
export function useMessage() {
  const [said, setSaid] = useState({ text: "", n: 0 });
  const say = useCallback((text: string) => setSaid((before) => ({ text, n: before.n + 1 })), []);
  useEffect(() => {
    if (!said.text) return;
    const timer = window.setTimeout(
      () => setSaid((now) => (now.n === said.n ? { text: "", n: now.n } : now)),
      SHOWN_MS,
    );
    return () => window.clearTimeout(timer);
  }, [said]);
  return { message: said.text, say };
}
