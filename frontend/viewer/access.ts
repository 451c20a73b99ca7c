/** The right to fetch a slide's tiles: asked for once, renewed before it ends. The token itself travels as a cookie. */

import { useEffect, useState } from "react";
import { get, Problem } from "../shared/api";
import type { TileAccess } from "../shared/types";

const RENEW_AT = 0.75;
const AFTER_FAILURE_MS = 4000;

export interface Access {
  access: TileAccess | null;
  problem: string;
  /** A tile did not come: look whether the slide has changed or the token has ended. */
  lookAgain(): void;
}

/** The access of a slide; `first` is what the page was given with it, so that nothing has to be asked at the start. */
export function useTileAccess(slideId: string, first: TileAccess | null): Access {
  const [access, setAccess] = useState(first);
  const [problem, setProblem] = useState("");
  const [renewer] = useState(() => new Renewer(slideId, first));
  useEffect(() => {
    renewer.start(
      // The same addresses mean the same tiles: a renewed token fetches nothing again.
      (fresh) => setAccess((before) => (before?.base === fresh.base ? before : fresh)),
      setProblem,
    );
    return () => renewer.stop();
  }, [renewer]);
  return { access, problem, lookAgain: renewer.lookAgain };
}

export class Renewer {
  private timer = 0;
  private asked_at_ms = 0;
  private due: number;
  private stopped = false;
  private give: (access: TileAccess) => void = () => undefined;
  private say: (problem: string) => void = () => undefined;

  constructor(
    private readonly slideId: string,
    first: TileAccess | null,
  ) {
    this.due = first ? Date.now() + first.expires_in_s * 1000 * RENEW_AT : 0;
  }

  start(give: (access: TileAccess) => void, say: (problem: string) => void): void {
    this.stopped = false;
    this.give = give;
    this.say = say;
    document.addEventListener("visibilitychange", this.whenSeen);
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    window.clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.whenSeen);
  }

  lookAgain = (): void => {
    if (Date.now() - this.asked_at_ms > AFTER_FAILURE_MS) void this.renew();
  };

  /** A laptop that slept wakes with an ended token. */
  private whenSeen = (): void => {
    if (!document.hidden && Date.now() > this.due) void this.renew();
  };

  private schedule(): void {
    window.clearTimeout(this.timer);
    if (this.stopped) return; // an answer that was under way when the slide was left
    this.timer = window.setTimeout(() => void this.renew(), Math.max(0, this.due - Date.now()));
  }

  private async renew(): Promise<void> {
    this.asked_at_ms = Date.now();
    try {
      const fresh = await get<TileAccess>(`/api/v1/slides/${this.slideId}/tiles/`);
      this.due = Date.now() + fresh.expires_in_s * 1000 * RENEW_AT;
      this.say("");
      this.give(fresh);
    } catch (error) {
      const gone = error instanceof Problem && error.status >= 400 && error.status < 500;
      this.say(error instanceof Error ? error.message : String(error));
      this.due = Date.now() + (gone ? 60_000 : AFTER_FAILURE_MS);
    }
    this.schedule();
  }
}
