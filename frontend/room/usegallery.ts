/** The list of cells in the gallery: which class, in which order, with what people said laid over it. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { SIZES, View } from "../gallery/Gallery";
import { get } from "../shared/api";
import type { Analysis, Counts, GalleryPage, GalleryRow } from "../shared/types";
import type { Labels } from "./labels";
import { isNoted } from "./usenotes";

export type Which = number | "must-see" | "all" | "outlined" | "alike" | "comment" | "teach";

/** Cells that a lasso went round: the outline, the classes that were marked there, and from which score on. */
export interface Outlined {
  within: string;
  classes: string;
  least: string;
}
const PAGE = 300;
const MOST = 1000;
/** All of a lasso's cells are acted on at once, so they are loaded at once. */
const MOST_OUTLINED = 5000;

/** How many cells of a list can be shown. */
export function mostOf(which: Which): number {
  return which === "outlined" ? MOST_OUTLINED : MOST;
}

export function useGallery(job: Analysis | null, labels: Labels, counts: Counts | null) {
  const jobId = job?.id ?? null;
  useAddedAgain(jobId, labels);
  const [wish, setWhich] = useState<Which>("must-see");
  const [view, setView] = useState<View>("unsure");
  const [size, setSize] = useState<keyof typeof SIZES>(window.innerWidth < 1200 ? "S" : "M");
  const [columns, setColumns] = useState(4);
  const [limit, setLimit] = useState(PAGE);
  const [outlined, setOutlined] = useState<OfJob<Outlined> | null>(null);
  const [model, setModel] = useState<OfJob<number> | null>(null);
  const which = listFor(wish, jobId, outlined, model);

  // A class that holds nothing to be seen is no place to begin.
  const began = useRef("");
  useEffect(() => {
    if (!counts || !jobId || began.current === jobId) return;
    began.current = jobId;
    if (counts.must_see.open > 0) return;
    const main = counts.sections.find((s) => s.key === counts.headline[0]);
    const first = [...(main?.rows ?? [])]
      .filter((r) => r.class !== null && r.reviewed.count > 0)
      .sort((a, b) => b.reviewed.count - a.reviewed.count)[0];
    setWhich(first?.class ?? "all");
  }, [counts, jobId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its beginning
  useEffect(() => setLimit(PAGE), [which, view, jobId]);

  const query = useQuery<GalleryPage>({
    queryKey: ["gallery", jobId, which, view, limit, ...ownKey(which, outlined, model)],
    enabled: !!job?.reviewable,
    staleTime: Number.POSITIVE_INFINITY,
    // More of the same list only: never the cells of another class, order or job.
    placeholderData: (before, queryBefore) =>
      queryBefore?.queryKey[1] === jobId &&
      queryBefore.queryKey[2] === which &&
      queryBefore.queryKey[3] === view &&
      which !== "outlined" &&
      which !== "alike"
        ? before
        : undefined,
    queryFn: ({ signal }) => {
      const params = new URLSearchParams({
        class: typeof which === "number" ? String(which) : "all",
        view: which === "must-see" || which === "alike" ? which : view,
        limit: String(which === "outlined" ? MOST_OUTLINED : limit),
        ...(which === "outlined" ? outlined?.of : {}),
        ...(which === "alike" ? { like: String(model?.of) } : {}),
        ...(isNoted(which) ? { noted: which } : {}),
      });
      return get<GalleryPage>(`/api/v1/jobs/${jobId}/gallery/?${params}`, signal);
    },
  });
  const rows = useMemo(() => (query.data?.rows ?? []).map((r) => withLabel(r, labels)), [query.data, labels]);
  return {
    query,
    rows,
    outlined,
    outline: (area: Outlined) => {
      setOutlined({ job: jobId, of: area });
      setWhich("outlined");
    },
    /** List the cells that are most like that of the row. */
    like: (row: number) => {
      setModel({ job: jobId, of: row });
      setWhich("alike");
    },
    which,
    setWhich,
    /** Begin an analysis with a list, whatever it would begin with by itself. */
    beginWith: (ofJob: string, list: Which) => {
      began.current = ofJob;
      setWhich(list);
    },
    view,
    setView,
    size,
    setSize,
    columns,
    setColumns,
    more: () => setLimit((l) => Math.min(MOST, l + PAGE)),
  };
}

/** Lists are read again whenever a cell is added, and whenever an addition is undone or done again, by whomever. */
function useAddedAgain(jobId: string | null, labels: Labels) {
  const client = useQueryClient();
  const stands = { jobId, added: addedOf(labels) };
  const before = useRef(stands);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the two are all that it holds
  useEffect(() => {
    const again = addedChanged(before.current, stands);
    before.current = stands;
    if (again) void client.invalidateQueries({ queryKey: ["gallery", jobId] });
  }, [client, stands.jobId, stands.added]);
}

/** The added cells that the server has. */
export function addedOf(labels: Labels): string {
  const ids = labels.added.map((cell) => cell.id).filter((id) => !id.startsWith("waiting "));
  return ids.sort().join(" ");
}

interface Stands {
  jobId: string | null;
  added: string;
}

/** Whether cells came or went, rather than another job being opened, whose list is asked for anyway. */
export function addedChanged(before: Stands, now: Stands): boolean {
  return before.jobId === now.jobId && before.added !== now.added;
}

/** What was asked for in one analysis: a place of its slide, a row of its cells. */
interface OfJob<T> {
  job: string | null;
  of: T;
}

/** The list that is shown: an outline, or a cell to compare with, of another analysis lists nothing in this one. */
export function listFor(
  wish: Which,
  jobId: string | null,
  outlined: OfJob<unknown> | null,
  model: OfJob<unknown> | null,
): Which {
  if (wish === "outlined" && outlined?.job !== jobId) return "must-see";
  return wish === "alike" && model?.job !== jobId ? "must-see" : wish;
}

/** What tells two lists of one kind from one another. */
function ownKey(which: Which, outlined: OfJob<Outlined> | null, model: OfJob<number> | null): unknown[] {
  if (which === "outlined") return [outlined?.of];
  return which === "alike" ? [model?.of] : [];
}

/** Cells stay where they are while they are worked on; what people said is laid over them. */
export function withLabel(row: GalleryRow, labels: Labels): GalleryRow {
  if (row.row !== null) {
    const label = labels.rows.get(row.row);
    if (!label) return { ...row, state: "", label: row.class };
    return { ...row, state: label.state, label: label.label ?? row.class };
  }
  const added = labels.added.find((a) => a.id === row.added);
  return added ? { ...row, state: added.state, label: added.label } : row;
}
