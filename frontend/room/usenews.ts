import { useEffect } from "react";
import { t } from "../shared/catalogue";

/** What others labelled meanwhile, read as soon as it is told. */
export function useNews(
  jobId: string | null,
  { reading, revision }: { reading: string | null; revision: number },
  me: string,
  readLabels: () => Promise<void>,
  say: (text: string) => void,
) {
  useEffect(() => {
    const news = (event: Event) => {
      const detail = (event as CustomEvent<{ job: string; reading: string; revision: number; by: string }>).detail;
      if (detail.job !== jobId || (detail.reading === reading && detail.revision <= revision)) return;
      if (detail.by && detail.by !== me) say(t("{by} labelled cells of this slide.", { by: detail.by }));
      void readLabels();
    };
    window.addEventListener("hemaview:labels", news);
    return () => window.removeEventListener("hemaview:labels", news);
  }, [jobId, reading, revision, readLabels, say, me]);
}
