/** Numbers and times as the page writes them. */

/** 45 s, 12 min, 1 h 19 min. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (value < 90) return `${Math.round(value)} s`;
  const minutes = Math.round(value / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function bytes(value: number): string {
  if (value < 1e6) return `${Math.round(value / 1e3)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

/** 45.0 (38.0–52.2), the interval rounded as the value is. */
export function percent(share: { value: number | null; low: number | null; high: number | null }): string {
  if (share.value === null || share.low === null || share.high === null) return "–";
  return `${share.value.toFixed(1)} % (${share.low.toFixed(1)}–${share.high.toFixed(1)})`;
}

export const number = new Intl.NumberFormat("en");

const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/i;

/** A slide's name, unless that is only an identifier: then which slide of the case it is, and the identifier's beginning. */
export function slideTitle(slide: { name: string }, place: number): string {
  return UUID.test(slide.name) ? `Slide ${place + 1} (${slide.name.slice(0, 8)})` : slide.name;
}

export const STATE_NAMES: Record<string, string> = {
  received: "Received",
  analysing: "Analysing",
  "in-review": "In review",
  signed: "Signed",
  amended: "Amended",
};

export const JOB_STATES: Record<string, string> = {
  requested: "ordered",
  queued: "waiting to start",
  running: "running",
  done: "complete",
  failed: "failed",
  cancelled: "cancelled",
};

export const SPECIMEN_NAMES: Record<string, string> = {
  "blood-film": "Blood film",
  "marrow-aspirate": "Marrow aspirate",
  "cell-block": "Cell block",
};

const DAY_TIME = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** 10:51, of a moment as Date.now() gives it. */
export function clock(at_ms: number): string {
  return CLOCK.format(new Date(at_ms));
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** 28 Nov 2026, in the reader's own zone. */
export function day(iso: string): string {
  return DAY.format(new Date(iso));
}

/** 28 Nov 2026, 10:51, in the reader's own zone. */
export function dayTime(iso: string): string {
  return DAY_TIME.format(new Date(iso));
}

/** 1 cell; 2,310 cells. */
export function numberOf(n: number, one: string, many = `${one}s`): string {
  return `${number.format(n)} ${n === 1 ? one : many}`;
}
