/** The way from a hold to its cells: its analysis and its list are opened, from the dialog of the signature and by a link. */

import { useEffect } from "react";
import { analysisAt, type HoldPlace, isHoldList, unidentifiedOf } from "../shared/holds";
import type { Room } from "../shared/types";
import type { useCarried } from "./usecarried";
import type { useGallery, Which } from "./usegallery";
import type { RoomView } from "./useroomview";

interface Ways {
  data: Pick<Room, "slides" | "schemas"> & { case: Pick<Room["case"], "accession"> };
  view: Pick<RoomView, "jobId" | "openPlace">;
  /** Open a list of the analysis that is open. */
  openList(list: Which): void;
  /** Have another analysis begin with a list. */
  beginWith(job: string, list: Which): void;
  showCarried(): void;
  leave(address: string): void;
}

/** Open what a hold names. */
export function seePlace(place: HoldPlace, ways: Ways): void {
  const { data, view } = ways;
  if (place.list === "readers") {
    ways.leave(`/cases/${data.case.accession}/#readers`);
    return;
  }
  const there = analysisAt(place, data, view.jobId);
  const elsewhere = there !== null && there.job.id !== view.jobId;
  if (elsewhere) view.openPlace({ slide: there.slide.id, job: there.job.id });
  if (place.list === "carried") {
    ways.showCarried();
    return;
  }
  const list = place.list === "must-see" || !there ? "must-see" : (unidentifiedOf(data.schemas, there.job) ?? "all");
  if (elsewhere) ways.beginWith(there.job.id, list);
  else ways.openList(list);
}

interface Setting {
  data: Room;
  view: RoomView;
  gallery: ReturnType<typeof useGallery>;
  carried: ReturnType<typeof useCarried>;
  openList(list: Which): void;
  listAgain(): void;
  showSlide(): void;
  /** Close the dialog that the way begins in. */
  close(): void;
}

/** The way to a hold's cells; it is gone by itself where the page's link names a list. */
export function useHolds(setting: Setting): (place: HoldPlace) => void {
  const { data, view, gallery, carried, openList, listAgain, showSlide, close } = setting;
  const see = (place: HoldPlace) => {
    close();
    seePlace(place, {
      data,
      view,
      openList: (list) => {
        if (view.jobId) gallery.beginWith(view.jobId, list);
        openList(list);
        listAgain();
      },
      beginWith: (ofJob, list) => {
        gallery.beginWith(ofJob, list);
        showSlide();
      },
      showCarried: carried.ask,
      leave: (address) => location.assign(address),
    });
  };
  const { start } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link is followed once
  useEffect(() => {
    if (isHoldList(start.list)) see({ list: start.list, job: start.job ?? null });
  }, []);
  return see;
}
