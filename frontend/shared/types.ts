/** What the API sends; mirrors the apps’ api folders. Lengths in level-0 px unless a name says otherwise. */

export interface CellClass {
  index: number;
  key: string;
  name: string;
  short: string;
  group: string;
  colour: string;
  mark: string;
  shortcut: string;
  must_see: boolean;
  counted: boolean;
}

export interface Schema {
  name: string;
  version: number;
  groups: { key: string; name: string; noun: string; kind: "red_cell" | "nucleated" | "platelet" | "other" }[];
  classes: CellClass[];
}

export interface Case {
  accession: string;
  pseudonym: string;
  specimen: string;
  stain: string;
  question: string;
  comment: string;
  analyser: Record<string, number>;
  state: "received" | "analysing" | "in-review" | "signed" | "amended";
  reader: { id: number; name: string } | null;
  locked: boolean;
  rights: string[];
}

export interface Job {
  id: string;
  slide: string;
  protocol: string;
  protocol_title: string;
  protocol_version: number;
  assay: string;
  assay_title: string;
  /** Names the job's classes among the room's schemas. */
  schema: string;
  state: "requested" | "queued" | "running" | "done" | "failed" | "cancelled";
  phase: string;
  percent: number;
  fields_total: number;
  fields_done: number;
  cells: number;
  eta_s: number | null;
  reason: string;
  advice: string;
  partial: boolean;
  reviewable: boolean;
  duration_s: number | null;
  device: string;
  mpp: number | null;
  mpp_source: string;
  notes: string[];
  guards: { code: string; sentence: string }[];
  requested_by: string;
  requested_at: string;
  models: { role: string; name: string; version: string; sha256: string }[];
  revision: number;
}

/** A job as the room lists it: with what people have done on it. */
export interface Analysis extends Job {
  reported: boolean;
  labels: number;
  label_revision: number;
  /** Labels of the reported analysis that choosing this one would carry over. */
  labels_at_stake: number;
}

export interface Slide {
  id: string;
  name: string;
  specimen: string;
  status: "importing" | "ready" | "refused";
  message: string;
  percent: number;
  width: number;
  height: number;
  mpp: number | null;
  mpp_source: string;
  vendor: string;
  objective: number | null;
  sha256: string;
  size_bytes: number;
  /** Photographs that the slide was joined from; empty for a scan. */
  /** What a person should know of how the file was taken in. */
  notes: string[];
  photo_fields: { x: number; y: number; w: number; h: number }[];
  thumbnail_url: string;
  dzi_url: string;
  colour: "stored" | "carried" | "applied";
  icc_bytes: number;
  tile_levels: { width: number; height: number; stored: boolean; why: string }[];
  conversion: "" | "asked" | "running" | "done" | "failed";
  conversion_percent: number;
  conversion_message: string;
  job?: Analysis | null;
  jobs?: Analysis[];
  revision: number;
}

/** Where a slide's tiles are; levels smallest first. */
export interface TileAccess {
  slide: string;
  base: string;
  expires_in_s: number;
  width: number;
  height: number;
  levels: {
    number: number;
    width: number;
    height: number;
    tile_width: number;
    tile_height: number;
    columns: number;
    rows: number;
  }[];
  colour: "stored" | "carried" | "applied";
  colour_text: string;
  icc_bytes: number;
  stored_levels: number;
}

export interface Report {
  id: string;
  version: number;
  state: "signed" | "superseded";
  signed_by: string;
  signed_at: string;
  meaning: string;
  reason: string;
  sha256: string;
  html_url: string;
  pdf_url: string | null;
  counts_csv_url: string;
  cells_csv_url: string;
  geojson_url: string;
  fhir_url: string;
}

export interface ProtocolName {
  name: string;
  title: string;
  version: number;
  specimen: string;
  assay: string;
  assay_title: string;
}

export interface Room {
  case: Case;
  slides: Slide[];
  /** The first slide that can be read; null where none can. */
  opens_with: string | null;
  /** By name: each job says which one its classes are of. */
  schemas: Record<string, Schema>;
  protocols: ProtocolName[];
  reports: Report[];
  /** Who may review this case. */
  readers: { id: number; username: string; name: string }[];
  /** What was said when the case came to its reader. */
  handover: { by: string; at: string; word: string } | null;
  me: { id: number; name: string; username: string; rights: string[] };
}

export interface Region {
  index: number;
  x: number;
  y: number;
  w: number;
  h: number;
  used: boolean;
  done: boolean;
  /** What counts of it once the run has ended: `fields` all its cells, `film` its nucleated cells, else nothing. */
  searched: string;
  reason: string;
  focus: number;
  single_ratio: number;
}

export interface CellIndex {
  n: number;
  tile_px: number;
  tiles: [number, number, number, number][];
  pyramid: { tile_px: number; tiles: [number, number, number, [number, number][]][] }[];
}

export type LabelState = "" | "confirmed" | "relabelled" | "rejected";

export interface RowLabel {
  row: number;
  label: number | null;
  state: LabelState;
  by: string;
  at: string | null;
}

export interface AddedCell {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
  label: number | null;
  state: LabelState;
  by: string;
}

export interface Share {
  count: number;
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface CountRow {
  class: number | null;
  key: string;
  name: string;
  machine: Share;
  reviewed: Share;
  grade: { text: string; crosses: boolean } | null;
  absolute: Interval | null;
}

export interface Section {
  key: string;
  title: string;
  noun: string;
  unit: string;
  n: { machine: number; reviewed: number };
  target: number | null;
  floor: number;
  below_floor: boolean;
  note: string;
  rows: CountRow[];
}

export interface Ratio {
  key: string;
  name: string;
  unit: string;
  machine: Interval | null;
  reviewed: Interval | null;
  /** Why there is no value; empty where there is one. */
  why: string;
  basis: string;
}

export interface Counts {
  revision: number;
  assay: string;
  title: string;
  /** Why nothing can be counted; empty where it can. */
  why: string;
  headline: string[];
  rules: { name: string; version: string; sha256: string };
  partial: boolean;
  reviewed_n: number;
  sections: Section[];
  ratios: Ratio[];
  findings: { key: string; text: string }[];
  unsettled: { key: string; text: string; more_cells: number | null }[];
  notes: string[];
  must_see: { open: number; total: number; by_reason: { reason: string; open: number; total: number }[] };
  outside: { class: number; key: string; name: string; count: number }[];
  accounts: Record<string, Account>;
}

/** How the number of one class came about. */
export interface Account {
  machine: number;
  cut: number;
  outside: number;
  rejected: number;
  renamed_away: number;
  renamed_here: number;
  added: number;
  confirmed: number;
  counted: number;
}

export interface Interval {
  value: number;
  low: number;
  high: number | null;
  text: string;
}

/** What stands before a signature. */
export interface Hold {
  code: string;
  sentence: string;
  lifted_by: "review" | "reason" | "";
}

export interface GalleryRow {
  row: number | null;
  added: string | null;
  x: number;
  y: number;
  w: number;
  h: number;
  class: number | null;
  label: number | null;
  p: number | null;
  margin: number | null;
  state: LabelState;
  must_see: string;
}

export interface GalleryPage {
  n: number;
  total_open: number;
  revision: number;
  rows: GalleryRow[];
}

export interface Card {
  row: number;
  x: number;
  y: number;
  w: number;
  h: number;
  field: number;
  cut: boolean;
  outside: boolean;
  class: number;
  label: number;
  state: LabelState;
  p: number;
  margin: number;
  probabilities: { class: number; p: number }[];
  measures: Record<"area_um2" | "diameter_um" | "circularity" | "pallor" | "nc_ratio", number | null>;
  contour: [number, number][] | null;
  history: { by: string; at: string; action: string; label: number | null; undone: boolean }[];
  must_see: string;
  crop_url: string;
}

export interface LabelAnswer {
  revision: number;
  changed: RowLabel[];
  added: AddedCell[];
  counts: Counts;
  undone?: { action: string; n: number };
}

/** A label of an earlier analysis that waits for a decision; `row` is the new cell, where there is one. */
export interface CarriedLabel {
  id: string;
  why: "no-partner" | "renamed";
  row: number | null;
  x: number;
  y: number;
  w: number;
  h: number;
  label_key: string;
  state: "confirmed" | "relabelled" | "rejected";
  machine_before: string;
  machine_now: string;
  by: string;
}

export interface Conflict {
  row?: number;
  added?: string;
  label: number | null;
  state: LabelState;
  by: string;
  at: string;
}

/** A camera and objective of the laboratory, with the µm/px that it gives. */
export interface Preset {
  name: string;
  mpp: number;
}

export type ScaleChange = { mpp: number } | { preset: string };
