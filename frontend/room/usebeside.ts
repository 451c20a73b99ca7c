/** A second slide, or a second analysis of the same one, beside the first, and how the two are moved together. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { t } from "../shared/catalogue";
import { dayTime, slideTitle } from "../shared/format";
import type { Analysis, Room, Slide } from "../shared/types";
import type { Place } from "../viewer/lens";
import { followed, type Offset, offsetOf } from "../viewer/linked";
import type { ViewerHandle } from "../viewer/Viewer";
import type { RoomView } from "./useroomview";

export interface Choice {
  key: string;
  slide: Slide;
  job: Analysis | null;
  name: string;
}

export type Half = "first" | "second";

const USUAL_MPP = 0.25;
const mppOf = (slide: Slide, job: Analysis | null) => slide.mpp ?? job?.mpp ?? USUAL_MPP;

export function useBeside(data: Room, view: RoomView, first: { readonly current: ViewerHandle | null }) {
  const [on, setOn] = useState(false);
  const [wish, setWish] = useState("");
  const [linked, setLinked] = useState(true);
  const second = useRef<ViewerHandle>(null);
  const leader = useRef<Half>("first");
  const offset = useRef<Offset | null>(null);
  const choices = useMemo(() => choicesOf(data.slides), [data.slides]);
  const choice = on ? (choices.find((c) => c.key === wish) ?? otherThan(choices, view)) : null;
  const same = choice !== null && choice.slide.id === view.slide?.id;
  const first_mpp = view.slide ? mppOf(view.slide, view.job) : USUAL_MPP;
  const second_mpp = choice ? mppOf(choice.slide, choice.job) : USUAL_MPP;

  // Two films are laid over each other by hand: what they are apart when they are linked, they stay.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new pair, or a new link, is laid over anew
  useEffect(() => {
    offset.current = null;
  }, [choice?.slide.id, view.slide?.id, linked]);
  const lead = useCallback((half: Half) => {
    leader.current = half;
  }, []);
  useEffect(() => {
    if (!on) return;
    const keys = () => lead("first"); // the keys move the first slide
    window.addEventListener("keydown", keys, true);
    return () => window.removeEventListener("keydown", keys, true);
  }, [on, lead]);

  const moved = useCallback(
    (half: Half, place: Place) => {
      if (!on || !linked || leader.current !== half) return;
      const follower = (half === "first" ? second : first).current;
      const there = follower?.place();
      if (!follower || !there) return;
      const [from, to] = half === "first" ? [first_mpp, second_mpp] : [second_mpp, first_mpp];
      if (same) offset.current = [0, 0];
      offset.current ??= half === "first" ? offsetOf(place, there, from, to) : offsetOf(there, place, to, from);
      const [dx, dy] = offset.current;
      follower.follow(followed(place, from, to, half === "first" ? [dx, dy] : [-dx, -dy]));
    },
    [on, linked, same, first, first_mpp, second_mpp],
  );
  return {
    choice,
    choices,
    linked,
    same,
    second,
    choose: setWish,
    link: useCallback(() => setLinked((l) => !l), []),
    toggle: useCallback(() => {
      leader.current = "first";
      setOn((o) => !o);
    }, []),
    lead,
    moved,
  };
}

export type BesideState = ReturnType<typeof useBeside>;

/** Every analysis whose cells can be shown, and every slide without one. */
export function choicesOf(slides: readonly Slide[]): Choice[] {
  return slides.flatMap((slide, i): Choice[] => {
    if (slide.status !== "ready") return [];
    const title = slideTitle(slide, i);
    const jobs = (slide.jobs ?? []).filter((j) => j.reviewable);
    if (!jobs.length) return [{ key: slide.id, slide, job: null, name: t("{title}, not analysed", { title }) }];
    return jobs.map((job) => ({
      key: `${slide.id} ${job.id}`,
      slide,
      job,
      name: `${title}: ${job.protocol_title}, ${dayTime(job.requested_at)}${job.region ? ` (${t("region")})` : ""}${
        job.reported ? ` (${t("reported")})` : ""
      }`,
    }));
  });
}

/** Another analysis of the slide that is shown, else another slide, else the same again. */
export function otherThan(choices: readonly Choice[], view: Pick<RoomView, "slide" | "job">): Choice | null {
  const others = choices.filter((c) => c.job?.id !== view.job?.id || c.slide.id !== view.slide?.id);
  return others.find((c) => c.slide.id === view.slide?.id) ?? others[0] ?? choices[0] ?? null;
}
