import type { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { live } from "../shared/socket";
import type { Case, Job, Room as RoomData, Slide } from "../shared/types";

/** News of the case, written into what the page has read; on each reconnection everything is read again. */
export function useLive(accession: string, client: ReturnType<typeof useQueryClient>) {
  useEffect(() => {
    const key = ["room", accession];
    const patch = (change: (room: RoomData) => RoomData) =>
      client.setQueryData<RoomData>(key, (room) => (room ? change(room) : room));
    type News =
      | { type: "job"; job: Job }
      | { type: "slide"; slide: Slide }
      | { type: "case"; case: Case }
      | { type: "labels"; job: string; revision: number; by: string };
    const socket = live(
      `/ws/cases/${accession}/`,
      (news: News) => {
        if (news.type === "job") {
          patch((r) => ({
            ...r,
            slides: r.slides.map((s) =>
              s.id === news.job.slide && !newer(s.job, news.job) ? { ...s, job: news.job } : s,
            ),
          }));
        } else if (news.type === "slide") {
          patch((r) => ({ ...r, slides: r.slides.map((s) => (s.id === news.slide.id ? { ...s, ...news.slide } : s)) }));
        } else if (news.type === "case") {
          patch((r) => ({ ...r, case: news.case }));
        } else {
          window.dispatchEvent(new CustomEvent("hemaview:labels", { detail: news }));
        }
      },
      () => void client.invalidateQueries({ queryKey: key }),
    );
    return () => socket.close();
  }, [accession, client]);
}

function newer(known: Job | null | undefined, given: Job): boolean {
  return !!known && known.id === given.id && known.revision > given.revision;
}
