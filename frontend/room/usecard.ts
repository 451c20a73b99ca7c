/** The card of the chosen cell: that cell's or none, in whatever order answers come. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "../shared/api";
import { t } from "../shared/catalogue";
import { useLine } from "../shared/line";
import type { Card } from "../shared/types";
import type { Labels } from "./labels";

export function useCard(jobId: string | null, row: number | null, labels: Labels) {
  const { requests } = useLine();
  const query = useQuery<Card>({
    queryKey: ["card", jobId, row, labels.revision],
    enabled: jobId !== null && row !== null,
    // The same cell's card before its newest label; never another cell's.
    placeholderData: (before, queryBefore) =>
      queryBefore?.queryKey[1] === jobId && queryBefore.queryKey[2] === row ? before : undefined,
    queryFn: ({ signal }) => get<Card>(`/api/v1/jobs/${jobId}/cells/${row}/`, signal),
  });
  const card = useMemo(() => cardOf(query.data, row, labels), [query.data, row, labels]);
  const waits = row !== null && card === null && !query.isError;
  return {
    card,
    loading: waits && requests,
    problem: query.isError
      ? query.error.message
      : waits && !requests
        ? t("This cell cannot be shown until HemaView can be reached again.")
        : "",
  };
}

/** A card as the reader's own newest labels have it; null unless it is the chosen cell's. */
export function cardOf(card: Card | undefined, row: number | null, labels: Labels): Card | null {
  if (!card || row === null || card.row !== row) return null;
  const label = labels.rows.get(row);
  if (!label) return card.state === "" ? card : { ...card, state: "", label: card.class };
  return { ...card, state: label.state, label: label.state === "rejected" ? -1 : (label.label ?? card.class) };
}
