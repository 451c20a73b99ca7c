/** Numbers and times as the page writes them. */

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (value < 90) return `${Math.round(value)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
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

export const STATE_NAMES: Record<string, string> = {
  received: "Received",
  analysing: "Analysing",
  "in-review": "In review",
  signed: "Signed",
  amended: "Amended",
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

/** 28 Nov 2026, 10:51, in the reader's own zone. */
export function dayTime(iso: string): string {
  return DAY_TIME.format(new Date(iso));
}
