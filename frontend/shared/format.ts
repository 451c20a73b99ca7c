/** Numbers and times as the page writes them. */

import { LOCALE, t } from "./catalogue";

export const number = new Intl.NumberFormat(LOCALE);

/** A number with that many digits after the point, as the reader writes it, with a true minus sign. */
export function fixed(value: number, digits: number): string {
  // Rounded as everywhere else first: what stands on the page is what stands in the report.
  return formatOf(digits)
    .format(Number(value.toFixed(digits)) || 0)
    .replace("-", "−");
}

const formats = new Map<number, Intl.NumberFormat>();

function formatOf(digits: number): Intl.NumberFormat {
  const existing = formats.get(digits);
  if (existing) return existing;
  const format = new Intl.NumberFormat(LOCALE, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: "min2",
  });
  formats.set(digits, format);
  return format;
}

/** 45 s, 12 min, 1 h 19 min. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (value < 90) return t("{n} s", { n: Math.round(value) });
  const minutes = Math.round(value / 60);
  if (minutes < 60) return t("{n} min", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? t("{hours} h {minutes} min", { hours, minutes: minutes % 60 }) : t("{hours} h", { hours });
}

export function bytes(value: number): string {
  if (value < 1e6) return `${number.format(Math.round(value / 1e3))} kB`;
  return value < 1e9 ? `${fixed(value / 1e6, 1)} MB` : `${fixed(value / 1e9, 2)} GB`;
}

/** 45.0 (38.0–52.2), the interval rounded as the value is. */
export function percent(share: { value: number | null; low: number | null; high: number | null }): string {
  if (share.value === null || share.low === null || share.high === null) return "–";
  return `${fixed(share.value, 1)} % (${fixed(share.low, 1)}–${fixed(share.high, 1)})`;
}

/** How sure the machine is, 0 to 1: 87 %, below 1 %; "" where it says nothing, as of what it could not name. */
export function certainty(p: number | null): string {
  if (p === null || p <= 0) return "";
  return p < 0.01 ? t("below 1 %") : t("{percent} %", { percent: Math.round(100 * p) });
}

const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/i;

/** A slide's name, unless that is only an identifier: then which slide of the case it is, and the identifier's beginning. */
export function slideTitle(slide: { name: string }, place: number): string {
  return UUID.test(slide.name)
    ? t("Slide {n} ({beginning})", { n: place + 1, beginning: slide.name.slice(0, 8) })
    : slide.name;
}

export const STATE_NAMES: Record<string, string> = {
  received: t("Received"),
  analysing: t("Analysing"),
  "in-review": t("In review"),
  signed: t("Signed"),
  amended: t("Amended"),
};

export const JOB_STATES: Record<string, string> = {
  requested: t("ordered"),
  queued: t("waiting to start"),
  running: t("running"),
  done: t("complete"),
  failed: t("failed"),
  cancelled: t("cancelled"),
};

/** Which analysis of a slide is meant: its examination, its protocol, when it was ordered. */
export function analysisName(job: {
  assay_title: string;
  protocol_title: string;
  requested_at: string;
  region: readonly number[] | null;
}): string {
  const name = `${job.assay_title}: ${job.protocol_title}, ${dayTime(job.requested_at)}`;
  return job.region ? `${name} (${t("region")})` : name;
}

export const SPECIMEN_NAMES: Record<string, string> = {
  "blood-film": t("Blood film"),
  "marrow-aspirate": t("Marrow aspirate"),
  "cell-block": t("Cell block"),
};

/** What a person made of a cell. */
export const LABEL_STATES: Record<string, string> = {
  confirmed: t("confirmed"),
  relabelled: t("relabelled"),
  rejected: t("rejected"),
  cleared: t("cleared"),
  added: t("added"),
  undone: t("undone"),
};

/** What a person does, or did, with cells. */
export const ACTION_NAMES: Record<string, string> = {
  ...LABEL_STATES,
  confirm: t("confirm"),
  relabel: t("relabel"),
  reject: t("reject"),
  clear: t("clear"),
  add: t("add"),
  undo: t("undo"),
};

const DAY_TIME = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });

/** 10:51, of a moment as Date.now() gives it. */
export function clock(at_ms: number): string {
  return CLOCK.format(new Date(at_ms));
}

const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });

/** 28 Nov 2026, in the reader's own zone. */
export function day(iso: string): string {
  return DAY.format(new Date(iso));
}

/** 28 Nov 2026, 10:51, in the reader's own zone. */
export function dayTime(iso: string): string {
  return DAY_TIME.format(new Date(iso));
}
