/** Orders to the case: analyse, cancel, retry, report this analysis. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { send } from "../shared/api";
import { plural, t } from "../shared/catalogue";
import type { Job, Slide } from "../shared/types";

export interface Carried {
  labels: number;
  carried: number;
  to_look_at: number;
}

/** What choosing an analysis did, in words. */
export function carriedText(result: Carried): string {
  if (!result.labels) return t("This analysis is now the one that is reported.");
  const carried = { carried: result.carried, await: result.to_look_at };
  return result.to_look_at
    ? plural(
        result.labels,
        "This analysis is now the one that is reported. {carried} of {n} label were carried over; {await} await your decision.",
        "This analysis is now the one that is reported. {carried} of {n} labels were carried over; {await} await your decision.",
        carried,
      )
    : plural(
        result.labels,
        "This analysis is now the one that is reported. {carried} of {n} label were carried over.",
        "This analysis is now the one that is reported. {carried} of {n} labels were carried over.",
        carried,
      );
}

export function useOrders(accession: string, slide: Slide | null, jobId: string | null, say: (text: string) => void) {
  const client = useQueryClient();
  const again = useCallback(() => client.invalidateQueries({ queryKey: ["room", accession] }), [client, accession]);
  const run = async (work: () => Promise<unknown>) => {
    try {
      await work();
      await again();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  return {
    again,
    order: (protocol: string) => run(() => send<Job>("POST", `/api/v1/slides/${slide?.id}/jobs/`, { protocol })),
    orderRegion: (protocol: string, region: readonly number[]) =>
      run(async () => {
        await send<Job>("POST", `/api/v1/slides/${slide?.id}/jobs/`, { protocol, region });
        say(
          t("The analysis of this region has been ordered. The open analysis stays in view; progress is shown above."),
        );
      }),
    cancel: () => run(() => send<Job>("POST", `/api/v1/jobs/${jobId}/cancel/`)),
    retry: () => run(() => send<Job>("POST", `/api/v1/jobs/${jobId}/retry/`)),
    report: () =>
      run(async () => {
        say(carriedText(await send<Carried>("POST", `/api/v1/jobs/${jobId}/choose/`)));
        await client.invalidateQueries({ queryKey: ["carried", jobId] });
      }),
  };
}
