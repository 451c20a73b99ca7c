/** Edits on their way to the server: sent in order, kept while it cannot be reached. */

import type { LabelState } from "../shared/types";
import type { Labels } from "./labels";

export type LabelAction = "relabel" | "confirm" | "reject" | "clear";

export interface Targets {
  rows: number[];
  added: string[];
}

/** What the server asks of labels beside the labels themselves. */
export interface HowLabelled {
  /** The revision whose labels the person has seen, where theirs are to stand all the same. */
  seen?: number;
  /** The class under which several confirmed cells were on screen. */
  shown?: number | null;
}

export interface LabelEdit extends Targets {
  kind: "label";
  action: LabelAction;
  label: number | null;
  base_revision: number;
  force: boolean;
  /** The class under which several cells that are confirmed were on screen together. */
  shown?: number | null;
}

export interface AddEdit {
  kind: "add";
  x: number;
  y: number;
  w: number;
  h: number;
  label: number;
}

export type Edit = (LabelEdit | AddEdit) & { job: string; id: string };

/** Where edits outlive the page; `Storage` of the browser, or a map in a test. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What became of one edit: `waiting` keeps it and every later one, all else takes it off the list. */
export type Outcome = "sent" | "refused" | "waiting";

export class Outbox {
  private edits: readonly Edit[];
  private running: Promise<void> | null = null;
  private listeners = new Set<() => void>();
  /** Of the edits that somebody waits for. */
  private outcomes = new Map<string, Outcome>();

  constructor(
    private readonly shelf: Shelf,
    private readonly key: string,
    private readonly send: (edit: Edit) => Promise<Outcome>,
  ) {
    this.edits = read(shelf, key);
  }

  get = (): readonly Edit[] => this.edits;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Keep an edit and send what can be sent; its own outcome, whoever's turn it was sent in. */
  async put(edit: Edit): Promise<Outcome> {
    this.outcomes.set(edit.id, "waiting");
    this.set([...this.edits, edit]);
    await this.running;
    await this.flush();
    const outcome = this.outcomes.get(edit.id) ?? "waiting";
    this.outcomes.delete(edit.id);
    return outcome;
  }

  /** Settles when nothing is on its way. */
  idle(): Promise<void> {
    return this.running ?? Promise.resolve();
  }

  /** Take back the newest edit that has not left; null where there is none. */
  takeBack(job: string): Edit | null {
    const last = this.edits.filter((e) => e.job === job).pop();
    if (!last || this.running) return null;
    this.set(this.edits.filter((e) => e.id !== last.id));
    return last;
  }

  /** Send every edit in order until one has to wait. */
  flush(): Promise<void> {
    this.running ??= this.drain().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async drain(): Promise<void> {
    for (let next = this.edits[0]; next; next = this.edits[0]) {
      const outcome = await this.send(next);
      if (outcome === "waiting") return;
      const { id } = next;
      this.set(this.edits.filter((e) => e.id !== id));
      if (this.outcomes.has(id)) this.outcomes.set(id, outcome);
    }
  }

  private set(edits: readonly Edit[]): void {
    this.edits = edits;
    if (edits.length) this.shelf.setItem(this.key, JSON.stringify(edits));
    else this.shelf.removeItem(this.key);
    for (const listener of [...this.listeners]) listener();
  }
}

function read(shelf: Shelf, key: string): readonly Edit[] {
  try {
    const value: unknown = JSON.parse(shelf.getItem(key) ?? "[]");
    return Array.isArray(value) ? (value as Edit[]) : [];
  } catch {
    return [];
  }
}

export const STATES: Record<LabelAction, LabelState> = {
  relabel: "relabelled",
  confirm: "confirmed",
  reject: "rejected",
  clear: "",
};

/** Labels as they will be once the edits of a job have been sent; what the server knows stays as it is. */
export function withWaiting(labels: Labels, edits: readonly Edit[], job: string | null, by: string): Labels {
  const mine = edits.filter((e) => e.job === job);
  if (!mine.length) return labels;
  const rows = new Map(labels.rows);
  let added = labels.added;
  for (const edit of mine) {
    if (edit.kind === "add") {
      const { x, y, w, h, label, id } = edit;
      added = [...added, { id, x, y, w, h, label, state: "confirmed", by }];
      continue;
    }
    const state = STATES[edit.action];
    for (const row of edit.rows) {
      if (state === "") rows.delete(row);
      else rows.set(row, { label: edit.label ?? rows.get(row)?.label ?? null, state, by });
    }
    const touched = new Set(edit.added);
    added = added.map((cell) => (touched.has(cell.id) ? { ...cell, state, label: edit.label ?? cell.label } : cell));
  }
  return { ...labels, rows, added };
}
