/** Fetch the tiles that a pan will need next, so that they are in the browser's cache when the viewer asks. */

import type { TileGrid } from "./tilesource";

export type Box = readonly [number, number, number, number];

const AT_ONCE = 4;
const WAITING = 24;
const REMEMBERED = 4000;

/** The part of the slide that a movement uncovers next, `share` of the view wide; null where nothing moves. */
export function ahead(view: Box, move: readonly [number, number], share: number): Box | null {
  const [left, top, right, bottom] = view;
  const [dx, dy] = move;
  const w = (right - left) * share;
  const h = (bottom - top) * share;
  if (Math.abs(dx) < 1e-9 && Math.abs(dy) < 1e-9) return null;
  if (Math.abs(dx) >= Math.abs(dy)) return dx > 0 ? [right, top, right + w, bottom] : [left - w, top, left, bottom];
  return dy > 0 ? [left, bottom, right, bottom + h] : [left, top - h, right, top];
}

export class Prefetcher {
  private urls = new Set<string>();
  private waiting: string[] = [];
  private running = 0;
  private last: Box | null = null;
  private stopped = false;

  constructor(private readonly grid: TileGrid) {}

  /** The view has changed (level-0 px); only pans at one magnification fetch ahead. */
  moved(view: Box, screenPxPerSlidePx: number): void {
    const before = this.last;
    this.last = view;
    if (!before) return;
    const width = view[2] - view[0];
    if (Math.abs(before[2] - before[0] - width) > width * 0.001) return;
    const next = ahead(view, [view[0] - before[0], view[1] - before[1]], 0.5);
    if (!next) return;
    const level = this.grid.levelFor(screenPxPerSlidePx);
    for (const [x, y] of this.grid.tilesIn(level, next)) this.want(this.grid.url(level, x, y));
  }

  stop(): void {
    this.stopped = true;
    this.waiting = [];
  }

  private want(url: string): void {
    if (this.urls.has(url)) return;
    if (this.urls.size > REMEMBERED) this.urls.clear();
    this.urls.add(url);
    this.waiting.push(url);
    while (this.waiting.length > WAITING) this.urls.delete(this.waiting.shift() as string);
    this.next();
  }

  private next(): void {
    while (this.running < AT_ONCE && this.waiting.length && !this.stopped) {
      const url = this.waiting.pop() as string;
      const image = new Image();
      this.running += 1;
      const finish = () => {
        this.running -= 1;
        this.next();
      };
      image.onload = finish;
      image.onerror = finish;
      image.src = url;
    }
  }
}
