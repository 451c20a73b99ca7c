/** The shapes the HTTP interface speaks. Times are ISO 8601, boxes are level-0 pixels with x, y at the centre. */

export type Right = "view" | "annotate" | "review" | "sign" | "administer";
export type Mark = "circle" | "square" | "triangle" | "diamond" | "plus" | "cross" | "star" | "bar";

export interface Person {
  id: number;
  name: string;
}

export interface Case {
  accession: string;
  pseudonym: string;
  specimen: "blood-film" | "marrow-aspirate" | "cell-block";
  stain: string;
  question: string;
  state: "received" | "analysing" | "in-review" | "signed" | "amended";
  reader: Person | null;
  created_at: string;
  updated_at: string;
  rights: Right[];
  comment: string;
  locked: boolean;
}

export type JobState = "requested" | "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  id: string;
  slide: string;
  protocol: string;
  protocol_version: number | string;
  state: JobState;
  percent: number;
  fields_total: number;
  fields_done: number;
  cells: number;
  eta_s: number | null;
  reason: string;
  advice: string;
  attempt: number;
  partial: boolean;
  requested_by: string | null;
  requested_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  duration_s: number | null;
  device: string;
  software_version: string;
  colour_policy: string;
  models: { role: string; name: string; version: string; sha256: string }[];
  thresholds: Record<string, unknown>;
  mpp: number | null;
  mpp_source: string;
  revision: number;
  label_revision: number;
}

export interface Slide {
  id: string;
  name: string;
  status: "importing" | "ready" | "refused";
  message: string;
  percent: number;
  width: number;
  height: number;
  mpp: number | null;
  mpp_source: "file" | "user" | "estimated" | "unknown";
  vendor: string;
  sha256: string;
  size_bytes: number;
  objective: number | null;
  thumbnail_url: string;
  dzi_url: string;
  photo_fields: { x: number; y: number; w: number; h: number; name: string }[];
  job: Job | null;
}

export interface CellClass {
  index: number;
  key: string;
  name: string;
  short: string;
  group: string;
  colour: string;
  mark: Mark;
  shortcut: string;
  must_see: boolean;
  counted: boolean;
}

export interface Schema {
  name: string;
  version: number;
  groups: { key: string; name: string }[];
  classes: CellClass[];
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

export interface RoomData {
  case: Case;
  slides: Slide[];
  schema: Schema;
  protocols: { name: string; title: string; version: number | string; specimen: string }[];
  reports: Report[];
  me: { id: number; name: string; rights: Right[] };
}

export type LabelState = "confirmed" | "relabelled" | "rejected";

export interface LabelRow {
  row: number;
  label: number | null;
  state: LabelState | "";
  by: string;
  at: string;
}

export interface AddedCell {
  id: number;
  x: number;
  y: number;
  w: number;
  h: number;
  label: number;
  by: string;
  at: string;
  state: LabelState | "added" | "";
}

export interface Labels {
  revision: number;
  rows: LabelRow[];
  added: AddedCell[];
}

export interface LabelResult {
  revision: number;
  changed: LabelRow[];
  added: AddedCell[];
  counts: Counts;
  undone?: { action: string; n: number };
}

export interface Conflict {
  row?: number;
  added?: number;
  label: number | null;
  state: string;
  by: string;
  at: string;
}

export interface GalleryRow {
  row: number | null;
  added: number | null;
  x: number;
  y: number;
  w: number;
  h: number;
  class: number;
  label: number;
  p: number;
  margin: number;
  state: LabelState | "";
  must_see: string;
}

export interface GalleryPage {
  n: number;
  total_open: number;
  rows: GalleryRow[];
}

export type GalleryView = "unsure" | "sure" | "position" | "must-see";

export interface CellDetail {
  row: number;
  job: string;
  x: number;
  y: number;
  w: number;
  h: number;
  field: number;
  class: number;
  label: number;
  p: number;
  margin: number;
  probabilities: { class: number; p: number }[];
  measures: {
    area_um2: number | null;
    diameter_um: number | null;
    circularity: number | null;
    pallor: number | null;
    nc_ratio: number | null;
  };
  contour: [number, number][] | null;
  history: { by: string; at: string; action: string; label: number | null; undone: boolean }[];
  must_see: string;
  crop_url: string;
}

export interface Share {
  count: number;
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface CountRow {
  class: number;
  key: string;
  name: string;
  machine: Share;
  reviewed: Share;
  grade: { text: string; crosses: boolean } | null;
}

export interface CountSection {
  key: "wbc" | "rbc" | "platelet";
  title: string;
  unit: string;
  n: { machine: number; reviewed: number };
  rows: CountRow[];
}

export interface RatioValue {
  value: number | null;
  low: number | null;
  high: number | null;
  text: string;
}

export interface Counts {
  revision: number;
  rules: { name: string; version: number | string };
  partial: boolean;
  reviewed_n: number;
  sections: CountSection[];
  ratios: { key: string; name: string; machine: RatioValue; reviewed: RatioValue }[];
  unsettled: { text: string }[];
  notes: string[];
  must_see: { open: number; total: number; by_reason: { reason: string; open: number; total: number }[] };
  outside: { class: number; name: string; count: number }[];
}

export interface FieldRegion {
  index: number;
  x: number;
  y: number;
  w: number;
  h: number;
  used: boolean;
  done: boolean;
  reason: string;
  focus: number | null;
  single_ratio: number | null;
  tissue: number | null;
  cells: number;
}

export type CaseMessage =
  | { type: "job"; job: Job; accession?: string }
  | { type: "slide"; slide: Slide }
  | { type: "labels"; job: string; revision: number; by: string }
  | { type: "case"; case: Case };
