/** The differential: nucleated cells by class, each where people left it. */

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "../shared/api";
import type { Analysis, CellClass, Counts, GalleryPage, GalleryRow, Schema, Section, Share } from "../shared/types";
import type { Labels } from "./labels";
import { nucleatedOnly } from "./opening";
import { withLabel } from "./usegallery";

/** As many of each class are loaded; a class that holds more says so. */
const LOADED = 300;

export interface DifferentialClass {
  cell: CellClass;
  share: Share | null;
  rows: GalleryRow[];
}

export interface Differential {
  sections: Section[];
  filled: DifferentialClass[];
  empty: CellClass[];
  /** Every cell that is shown, in its order: what the keys move through. */
  rows: GalleryRow[];
  loading: boolean;
  problem: string;
}

export function useDifferential(
  job: Analysis | null,
  open: boolean,
  schema: Schema,
  counts: Counts | null,
  labels: Labels,
): Differential {
  const jobId = job?.id ?? null;
  const classes = useMemo(() => nucleatedOnly(schema).classes, [schema]);
  const enabled = open && !!job?.reviewable;
  const found = useQueries({
    queries: classes.map((c) => ({
      queryKey: ["gallery", jobId, c.index, "unsure", LOADED],
      enabled,
      staleTime: Number.POSITIVE_INFINITY,
      queryFn: () => get<GalleryPage>(`/api/v1/jobs/${jobId}/gallery/?class=${c.index}&view=unsure&limit=${LOADED}`),
    })),
    combine: (results) => ({
      pages: results.map((r) => r.data),
      loading: results.some((r) => r.isPending),
      problem: results.find((r) => r.isError)?.error?.message ?? "",
    }),
  });
  return useMemo(() => {
    const cells = found.pages.flatMap((page) => page?.rows ?? []).map((row) => withLabel(row, labels));
    const groups = byClass(classes, cells, counts);
    return { ...groups, loading: enabled && found.loading, problem: found.problem };
  }, [found, classes, counts, labels, enabled]);
}

/** Cells by the class that people left them in; rejected ones stay where the machine put them. */
export function byClass(classes: readonly CellClass[], cells: readonly GalleryRow[], counts: Counts | null) {
  const known = new Set(classes.map((c) => c.index));
  const sections = (counts?.sections ?? []).filter((s) => s.rows.some((r) => r.class !== null && known.has(r.class)));
  const shares = new Map(sections.flatMap((s) => s.rows.map((r) => [r.class, r.reviewed] as const)));
  const groups = classes.map((cell) => ({
    cell,
    share: shares.get(cell.index) ?? null,
    rows: cells.filter((r) => (r.label !== null && r.label >= 0 ? r.label : r.class) === cell.index),
  }));
  const filled = groups.filter((g) => g.rows.length > 0);
  return {
    sections,
    filled,
    empty: groups.filter((g) => !g.rows.length).map((g) => g.cell),
    rows: filled.flatMap((g) => g.rows),
  };
}
