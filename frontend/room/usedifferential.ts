/** The differential: cells by class, each where people left it; nucleated ones first, others on their tabs. */

import { type QueryClient, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import type { SIZES, View } from "../gallery/Gallery";
import { keyOf } from "../gallery/keyof";
import { get } from "../shared/api";
import { t } from "../shared/catalogue";
import { UNIDENTIFIED } from "../shared/holds";
import type { Analysis, CellClass, Counts, GalleryPage, GalleryRow, Schema, Section, Share } from "../shared/types";
import type { Labels } from "./labels";
import { withLabel } from "./usegallery";

/** As many of each class are loaded; a class that holds more says so. */
const LOADED = 300;

export interface DifferentialClass {
  cell: CellClass;
  share: Share | null;
  rows: GalleryRow[];
  /** Of cells without a name: the class that the models think likeliest, null where they have none. */
  perhaps?: number | null;
  /** Cells of the class that are not among them: LOADED of each are. */
  unlisted: number;
}

export interface Differential {
  sections: Section[];
  filled: DifferentialClass[];
  empty: CellClass[];
  /** Every cell that is shown, in its order: what the keys move through. */
  rows: GalleryRow[];
  loading: boolean;
  problem: string;
  kinds: Kind[];
  kind: string;
  setKind(kind: string): void;
  view: View;
  setView(view: View): void;
  size: keyof typeof SIZES;
  setSize(size: keyof typeof SIZES): void;
}

/** Classes that are shown together, one tab each. */
export interface Kind {
  key: string;
  name: string;
  classes: CellClass[];
}

const NUCLEATED = "nucleated";
const NAMES: Record<string, string> = {
  nucleated: t("Nucleated cells"),
  red_cell: t("Red cells"),
  platelet: t("Platelets"),
};

/** Nucleated cells first, then what else the schema has; what is counted nowhere comes last. */
export function kindsOf(schema: Schema): Kind[] {
  const of = (kind: string) => new Set(schema.groups.filter((g) => g.kind === kind).map((g) => g.key));
  return [...new Set([NUCLEATED, ...schema.groups.map((g) => g.kind)])]
    .map((key) => {
      const groups = of(key);
      return { key, name: NAMES[key] ?? t("Others"), classes: schema.classes.filter((c) => groups.has(c.group)) };
    })
    .filter((kind) => kind.classes.length > 0);
}

export function useDifferential(
  job: Analysis | null,
  open: boolean,
  schema: Schema,
  counts: Counts | null,
  labels: Labels,
  /** Cells of another kind are shown: what was chosen is out of sight. */
  onKind: () => void,
): Differential {
  const client = useQueryClient();
  const jobId = job?.id ?? null;
  const [kind, showKind] = useState<string>(NUCLEATED);
  const [view, setView] = useState<View>("unsure");
  const [size, setSize] = useState<keyof typeof SIZES>("M");
  const kinds = useMemo(() => kindsOf(schema), [schema]);
  const classes = useMemo(() => kinds.find((k) => k.key === kind)?.classes ?? [], [kinds, kind]);
  const setKind = useCallback(
    (to: string) => {
      if (to === kind) return;
      for (const c of kinds.find((k) => k.key === to)?.classes ?? []) askAgain(client, pageKey(jobId, c, view));
      showKind(to);
      onKind();
    },
    [client, kinds, kind, jobId, view, onKind],
  );
  const enabled = open && !!job?.reviewable;
  const answers = useQueries({
    queries: classes.map((c) => ({
      queryKey: pageKey(jobId, c, view),
      enabled,
      staleTime: Number.POSITIVE_INFINITY,
      queryFn: () => get<GalleryPage>(`/api/v1/jobs/${jobId}/gallery/?class=${c.index}&view=${view}&limit=${LOADED}`),
    })),
    combine: (results) => ({
      pages: results.map((r) => r.data),
      loading: results.some((r) => r.isPending),
      problem: results.find((r) => r.isError)?.error?.message ?? "",
    }),
  });
  return useMemo(() => {
    const listed = answers.pages.flatMap((page) => page?.rows ?? []);
    const cachedPages = client.getQueriesData<GalleryPage>({ queryKey: ["gallery", jobId] });
    const arrivals = movedHere(
      classes,
      listed,
      cachedPages.flatMap(([, page]) => page?.rows ?? []),
      labels,
    );
    const cells = [...listed, ...arrivals].map((row) => withLabel(row, labels));
    const unlisted = new Map(
      classes.map((c, i) => [c.index, (answers.pages[i]?.n ?? 0) - (answers.pages[i]?.rows.length ?? 0)] as const),
    );
    const groups = byClass(classes, cells, counts, unlisted);
    const settings = { kinds, kind, setKind, view, setView, size, setSize };
    return { ...groups, ...settings, loading: enabled && answers.loading, problem: answers.problem };
  }, [client, jobId, answers, classes, counts, labels, enabled, kinds, kind, setKind, view, size]);
}

const pageKey = (jobId: string | null, c: CellClass, view: View) => ["gallery", jobId, c.index, view, LOADED];

/** Have a list read anew once it is shown again: cells may have come to it from a kind that it is not shown with. */
export function askAgain(client: QueryClient, queryKey: readonly unknown[]): void {
  void client.invalidateQueries({ queryKey, refetchType: "none" });
}

/** Cells that people gave one of the classes and that its list, read before, does not hold; known from other lists. */
export function movedHere(
  classes: readonly CellClass[],
  listed: readonly GalleryRow[],
  cachedRows: readonly GalleryRow[],
  labels: Labels,
): GalleryRow[] {
  const indices = new Set(classes.map((c) => c.index));
  const there = new Set(listed.map(keyOf));
  return cachedRows.filter((row) => {
    const { state, label } = withLabel(row, labels);
    if (state !== "relabelled" || label === null || !indices.has(label) || there.has(keyOf(row))) return false;
    there.add(keyOf(row));
    return true;
  });
}

/** A share of too few cells is none: its number of cells stands alone, as in the report and below the slide. */
function shareOf(section: Pick<Section, "below_floor">, share: Share): Share {
  return section.below_floor ? { ...share, value: null, low: null, high: null } : share;
}

/** Cells by the class that people left them in; rejected ones stay where the machine put them. `unlisted`: of each class, how
 * many cells are not among them. */
export function byClass(
  classes: readonly CellClass[],
  cells: readonly GalleryRow[],
  counts: Counts | null,
  unlisted: ReadonlyMap<number, number> = new Map(),
) {
  const indices = new Set(classes.map((c) => c.index));
  const sections = (counts?.sections ?? []).filter((s) => s.rows.some((r) => r.class !== null && indices.has(r.class)));
  const shares = new Map(sections.flatMap((s) => s.rows.map((r) => [r.class, shareOf(s, r.reviewed)] as const)));
  const groups = classes.map((cell) => ({
    cell,
    share: shares.get(cell.index) ?? null,
    rows: cells.filter((r) => (r.label !== null && r.label >= 0 ? r.label : r.class) === cell.index),
    unlisted: unlisted.get(cell.index) ?? 0,
  }));
  // What nobody can name stands first and by itself.
  const namedGroups = groups.filter((g) => g.rows.length > 0 && g.cell.key !== UNIDENTIFIED);
  const nameless = groups.filter((g) => g.rows.length > 0 && g.cell.key === UNIDENTIFIED);
  const filled: DifferentialClass[] = [...nameless.flatMap(byLikeliest), ...namedGroups];
  return {
    sections,
    filled,
    empty: groups.filter((g) => !g.rows.length).map((g) => g.cell),
    rows: filled.flatMap((g) => g.rows),
  };
}

/** Cells without a name, those of one likeliest class together, the most numerous first; without a likeliest class last. */
function byLikeliest(group: DifferentialClass): DifferentialClass[] {
  const parts = new Map<number | null, GalleryRow[]>();
  for (const row of group.rows) {
    const perhaps = row.perhaps ?? null;
    parts.set(perhaps, [...(parts.get(perhaps) ?? []), row]);
  }
  return [...parts]
    .map(([perhaps, rows]) => ({ ...group, rows, perhaps, unlisted: 0 }))
    .sort((a, b) => Number(a.perhaps === null) - Number(b.perhaps === null) || b.rows.length - a.rows.length)
    .map((part, i, all) => (i === all.length - 1 ? { ...part, unlisted: group.unlisted } : part));
}
