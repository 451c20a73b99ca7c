import type { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { forgetPresence, hearPresence, type PresenceNews } from "../shared/presence";
import { live } from "../shared/socket";
import type { Analysis, Case, Job, Room as RoomData, Slide } from "../shared/types";
import type { Choice } from "./reported";
import { REPORTED_NEWS } from "./usereported";

/** News of the case, written into what the page has read; on each reconnection everything is read again. */
export function useLive(accession: string, client: ReturnType<typeof useQueryClient>) {
  useEffect(() => {
    const key = ["room", accession];
    const patch = (change: (room: RoomData) => RoomData) =>
      client.setQueryData<RoomData>(key, (room) => (room ? change(room) : room));
    type News =
      | PresenceNews
      | { type: "gone" }
      | { type: "job"; job: Job }
      | { type: "slide"; slide: Slide }
      | { type: "case"; case: Case }
      | { type: "reported"; jobs: string[]; chosen?: Choice[] }
      | { type: "labels"; job: string; reading: string; revision: number; by: string };
    const socket = live(
      `/ws/cases/${accession}/`,
      (news: News) => {
        if (hearPresence(client, accession, news)) return;
        if (news.type === "job") {
          patch((r) => ({
            ...r,
            slides: r.slides.map((s) => (s.id === news.job.slide ? withJob(s, news.job) : s)),
          }));
        } else if (news.type === "slide") {
          patch((r) => ({ ...r, slides: r.slides.map((s) => (s.id === news.slide.id ? { ...s, ...news.slide } : s)) }));
        } else if (news.type === "case") {
          patch((r) => ({ ...r, case: news.case }));
          void client.invalidateQueries({ queryKey: key, exact: true }); // readings and rights may hang on it
        } else if (news.type === "reported") {
          window.dispatchEvent(new CustomEvent(REPORTED_NEWS, { detail: news.chosen ?? [] }));
          void client.invalidateQueries({ queryKey: key });
        } else if (news.type === "gone") {
          void client.invalidateQueries({ queryKey: key });
        } else if (news.type === "labels") {
          window.dispatchEvent(new CustomEvent("hemaview:labels", { detail: news }));
        }
      },
      () => {
        forgetPresence(client, accession);
        void client.invalidateQueries({ queryKey: key });
      },
    );
    return () => socket.close();
  }, [accession, client]);
}

/** A slide with the news of one of its jobs, unless what is known is newer; a job that begins is what the slide shows. */
function withJob(slide: Slide, news: Job): Slide {
  const analyses = slide.jobs ?? [];
  const before = analyses.find((j) => j.id === news.id);
  if (before && before.revision > news.revision) return slide;
  const now: Analysis = { reported: false, labels: 0, label_revision: 0, labels_at_stake: 0, ...before, ...news };
  const jobs = before ? analyses.map((j) => (j.id === news.id ? now : j)) : [now, ...analyses];
  // The analysis of a drawn region never takes the place of what is read.
  const current = slide.job?.id === news.id || (!before && !news.region) ? now : (slide.job ?? now);
  return { ...slide, jobs, job: current };
}
