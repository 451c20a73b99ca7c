/** What each action of the keys does in the room. */

import { useCallback } from "react";
import { keyOf } from "../gallery/keyof";
import { acrossLines, picturesOf } from "../gallery/neighbour";
import { onScreen } from "../gallery/onscreen";
import type { Card, GalleryRow } from "../shared/types";
import type { ViewerHandle } from "../viewer/Viewer";
import type { useActs } from "./acts";
import type { Action } from "./keys";
import { PLACE_FIRST, type useAdding } from "./useadding";
import { keysToGallery } from "./usekeys";
import type { Marks } from "./usemarks";

interface Setting {
  acts: ReturnType<typeof useActs>;
  adding: ReturnType<typeof useAdding>;
  marks: Marks;
  rows: readonly GalleryRow[];
  columns: number;
  card: Pick<Card, "x" | "y"> | null;
  viewer: { readonly current: ViewerHandle | null };
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
  lasso(): void;
  alike(): void;
  comment(): void;
  teach(): void;
  add(): void;
  say(text: string): void;
  cancelTool(): void;
  goTo(place: Pick<Card, "x" | "y"> | null): void;
  help(): void;
  differential(): void;
  typical(): void;
  beside(): void;
}

export function usePress(setting: Setting): (action: Action, range: boolean) => void {
  const { acts, adding, marks, rows, columns, card, viewer, goTo, cancelTool } = setting;
  const { undo, redo, help, differential, typical, beside, lasso, alike, comment, teach, add, say } = setting;
  return useCallback(
    (action: Action, range: boolean) => {
      if (typeof action === "object") {
        if (adding.on) say(PLACE_FIRST);
        else void acts.act("relabel", action.relabel);
        return;
      }
      const move = (step: number) => {
        const next = acts.current < 0 ? 0 : Math.max(0, acts.current + step);
        acts.choose(Math.min(rows.length - 1, next), range ? "range" : "one");
      };
      const cross = (step: 1 | -1) => {
        const list = document.querySelector(".differential");
        if (!list) return move(step * columns);
        const row = rows[acts.current];
        const next = acrossLines(picturesOf(list), row ? keyOf(row) : "", step);
        const index = rows.findIndex((r) => keyOf(r) === next);
        if (index >= 0) acts.choose(index, range ? "range" : "one");
      };
      const doing: Record<Exclude<Action, object>, () => unknown> = {
        next: acts.next,
        confirm: () => (adding.on ? say(PLACE_FIRST) : acts.act("confirm")),
        reject: () => (adding.on ? say(PLACE_FIRST) : acts.act("reject")),
        undo,
        redo,
        lasso,
        alike,
        comment,
        teach,
        go: () => goTo(card ?? rows[acts.current] ?? null),
        rotate: () => viewer.current?.rotate(),
        flip: () => viewer.current?.flip(),
        "plane-before": () => viewer.current?.plane(-1),
        "plane-after": () => viewer.current?.plane(1),
        full: () => viewer.current?.fullScreen(),
        add,
        help,
        differential,
        typical,
        beside,
        cells: marks.hideOrShow,
        marks: () => marks.markEvery(!marks.every),
        "select-all": () => {
          const list = document.querySelector<HTMLElement>(".gallery-scroll, .differential");
          const visible = list ? onScreen(list) : new Set<string>();
          acts.setSelection(new Set(rows.map(keyOf).filter((key) => visible.has(key))));
        },
        escape: () => {
          adding.cancel();
          cancelTool();
          acts.setSelection(new Set());
          keysToGallery();
        },
        left: () => move(-1),
        right: () => move(1),
        up: () => cross(-1),
        down: () => cross(1),
      };
      void doing[action]();
    },
    [
      acts,
      adding,
      marks,
      rows,
      columns,
      card,
      viewer,
      goTo,
      cancelTool,
      undo,
      redo,
      help,
      differential,
      typical,
      lasso,
      alike,
      comment,
      teach,
      beside,
      add,
      say,
    ],
  );
}
