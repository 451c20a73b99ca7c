/** How the page's queries behave: they come back by themselves, and a refusal is not asked for again. */

import { QueryClient } from "@tanstack/react-query";
import { Problem, unreachable } from "./api";
import { line } from "./line";

export function queries(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        refetchOnWindowFocus: false,
        retry: (times, error) => unreachable(error) || (error instanceof Problem && error.status >= 500 && times < 3),
        retryDelay: (times) => Math.min(5000, 500 * 2 ** times),
      },
    },
  });
  let returns = line.get().returns;
  line.subscribe(() => {
    if (line.get().returns === returns) return;
    returns = line.get().returns;
    // What waits between two tries is asked for now; what has come stays where it is under the reader's hand.
    const missing = client.getQueryCache().findAll({ predicate: (q) => q.isActive() && q.state.status !== "success" });
    for (const query of missing) void query.cancel({ silent: true }).then(() => query.fetch());
  });
  return client;
}
