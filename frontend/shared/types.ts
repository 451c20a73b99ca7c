/** What the API sends, as its own description says it (`make api` writes api.gen.ts). Lengths in level-0 px. */

import type { components } from "./api.gen";

type Sent = components["schemas"];

export type CellClass = Sent["CellClass"];
export type Schema = Omit<Sent["Schema"], "sha256">;
export type Case = Sent["Case"];
export type Job = Sent["Job"];
export type Analysis = Sent["Analysis"];
export type Slide = Sent["RoomSlide"];
export type UploadContents = Sent["Contents"];
export type IdentityEntry = Sent["IdentityEntry"];
export type TileAccess = Sent["TileAccess"];
export type Report = Sent["Report"];
export type ProtocolName = Sent["Protocol"];
export type Room = Sent["Room"];
export type Region = Sent["Region"];
export type LabelState = Sent["RowLabel"]["state"];
export type RowLabel = Sent["RowLabel"];
/** Who and when are known once the server has it. */
export type AddedCell = Omit<Sent["AddedCell"], "at" | "added_by" | "added_at"> &
  Partial<Pick<Sent["AddedCell"], "at" | "added_by" | "added_at">>;
export type Share = Sent["Share"];
export type CountRow = Sent["CountRow"];
export type Section = Sent["CountSection"];
export type Ratio = Sent["CountRatio"];
export type Counts = Sent["Counts"];
export type Account = Sent["Account"];
export type TriageRow = Sent["Triage"];
export type CellNote = Sent["CellNote"];
export type CountsWithin = Sent["CountsWithin"];
export type Typical = Sent["Typical"];
export type Interval = Sent["Interval"];
/** Some codes bring members of their own: the analysis, the cells that are open. */
export type Hold = Sent["Hold"] & { job?: string; open?: { job: string }[] };
export type Signing = Omit<Sent["Signing"], "holds"> & { holds: Hold[] };
export type GalleryRow = Sent["GalleryRow"];
export type GalleryPage = Sent["GalleryPage"];
export type CarriedLabel = Sent["WaitingLabel"];
export type LabelAnswer = Sent["LabelAnswer"] &
  Partial<Pick<Sent["UndoAnswer"], "undone"> & Pick<Sent["RedoAnswer"], "redone">>;
export type BloodCount = Sent["BloodCount"];
export type BloodCountRow = Sent["BloodCountRow"];
export type History = Sent["PatientHistory"];
export type FigureSeries = Sent["FigureSeries"];
export type Agreement = Sent["Agreement"];
export type ReadingDifference = Sent["ReadingDifference"];
export type Annotation = Sent["Annotation"];
export type Phrase = Sent["Phrase"];
export type Site = Sent["Site"];
export type ExportFormat = Sent["Format"];
export type Loss = Sent["Loss"];

/** OpenAPI 3.0 has no tuples: what stands where in these lists is said here. */
export interface CellIndex extends Pick<Sent["CellIndex"], "n" | "tile_px"> {
  tiles: [number, number, number, number][];
  pyramid: { tile_px: number; tiles: [number, number, number, [number, number][]][] }[];
}

export interface Card extends Omit<Sent["Card"], "contour"> {
  contour: [number, number][] | null;
}

/** A member of a refusal: the label that somebody else gave meanwhile. */
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
