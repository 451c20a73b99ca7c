import { useMemo } from "react";
import type { Schema } from "../shared/types";
import type { Chosen, Scene } from "../viewer/overlay";
import type { Session } from "./session";
import { pairsOf } from "./ToolBar";
import type { AddingPlace } from "./useadding";
import type { Marks } from "./usemarks";
import type { Tools } from "./usetools";

/** All that is drawn above the slide; a new one whenever any of it changes. */
export function useScene(
  session: Pick<Session, "store" | "index" | "regions" | "epoch" | "labels">,
  schema: Schema,
  marks: Marks,
  selected: Chosen | null,
  place: AddingPlace | null,
  tools: Pick<Tools, "annotations"> & { draft: Tools["draft"] | null },
  mpp: number | null,
): Scene {
  const { store, index, regions, epoch, labels } = session;
  const { hidden, threshold, opacity, showRegions } = marks;
  const { annotations } = tools;
  const draft = tools.draft?.shape ?? null;
  const shapes = useMemo(
    () => annotations.map((one) => ({ kind: one.kind, points: pairsOf(one), text: one.text })),
    [annotations],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the epoch tells that the store has grown
  return useMemo<Scene>(
    () => ({
      store,
      index,
      schema,
      hidden,
      threshold,
      opacity,
      regions,
      showRegions,
      labels: labels.rows,
      added: labels.added,
      selected,
      place,
      shapes,
      draft,
      mpp,
    }),
    [
      store,
      index,
      regions,
      epoch,
      schema,
      hidden,
      threshold,
      opacity,
      showRegions,
      labels,
      selected,
      place,
      shapes,
      draft,
      mpp,
    ],
  );
}
