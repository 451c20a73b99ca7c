import { type RefObject, useCallback } from "react";
import { t } from "../shared/catalogue";
import { writePlace } from "../viewer/place";
import type { ViewerHandle } from "../viewer/Viewer";
import type { Opened } from "./useopened";

/** The address bar holds the place that is shown, and can be copied. */
export function usePlace(
  viewer: RefObject<ViewerHandle | null>,
  { slide, jobId, row }: Opened,
  several: boolean,
  say: (text: string) => void,
) {
  const keepPlace = useCallback(() => {
    const place = viewer.current?.place();
    if (!place) return;
    const cell = row === null ? {} : { cell: row, job: jobId ?? undefined };
    history.replaceState(null, "", writePlace({ ...place, slide: several ? slide?.id : undefined, ...cell }));
  }, [viewer, row, jobId, slide?.id, several]);
  const copyLink = async () => {
    keepPlace();
    try {
      await navigator.clipboard.writeText(location.href);
      say(t("The link to this place has been copied."));
    } catch {
      say(t("Copy the link to this place from the address bar."));
    }
  };
  return { keepPlace, copyLink };
}
