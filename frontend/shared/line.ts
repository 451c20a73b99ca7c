/** Whether this page reaches HemaView: by requests and by the socket of its news. One for the whole page. */

import { useSyncExternalStore } from "react";

export interface Reach {
  /** Requests are answered. */
  requests: boolean;
  /** News arrive by themselves. */
  news: boolean;
  /** When something was lost, as Date.now() gives it; null while all is well. */
  lost_at: number | null;
  /** How often everything came back. */
  returns: number;
}

const PROBE_MS = 2000;

export class Line {
  private reach: Reach = { requests: true, news: true, lost_at: null, returns: 0 };
  private listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `probe` answers whether the server answers. */
  constructor(
    private readonly probe: () => Promise<boolean>,
    private readonly every_ms = PROBE_MS,
  ) {}

  get = (): Reach => this.reach;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  lost(what: "requests" | "news"): void {
    if (this.reach[what]) this.set({ ...this.reach, [what]: false, lost_at: this.reach.lost_at ?? Date.now() });
    if (what === "requests") this.askAgain();
    else void this.look();
  }

  reached(what: "requests" | "news"): void {
    if (this.reach[what]) return;
    const next = { ...this.reach, [what]: true };
    const whole = next.requests && next.news;
    this.set({
      ...next,
      lost_at: whole ? null : next.lost_at,
      returns: next.returns + (what === "requests" || whole ? 1 : 0),
    });
  }

  /** Settles when requests are answered again; at once where they are. */
  back(): Promise<void> {
    if (this.reach.requests) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (!this.reach.requests) return;
        stop();
        resolve();
      });
    });
  }

  private askAgain(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.every_ms);
  }

  private async look(): Promise<void> {
    if (await this.probe()) this.reached("requests");
    else this.lost("requests");
  }

  private set(reach: Reach): void {
    this.reach = reach;
    for (const listener of [...this.listeners]) listener();
  }
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch("/health/", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

export const line = new Line(answers);

if (typeof window !== "undefined") window.addEventListener("offline", () => line.lost("requests"));

export function useLine(): Reach {
  return useSyncExternalStore(line.subscribe, line.get, line.get);
}
