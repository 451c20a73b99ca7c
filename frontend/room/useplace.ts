import { type RefObject, useCallback, useEffect } from "react";
import { t } from "../shared/catalogue";
import type { Place as Standing } from "../viewer/lens";
import { type Place, readPlace, writePlace } from "../viewer/place";
import type { ViewerHandle } from "../viewer/Viewer";
import type { RoomView } from "./useroomview";

/** The address bar holds the place that is shown, and can be copied. */
export function usePlace(
  viewer: RefObject<ViewerHandle | null>,
  { slide, jobId, row, openPlace }: RoomView,
  several: boolean,
  say: (text: string) => void,
  /** A link was followed to a place of the slide. */
  onArrive: () => void,
) {
  useEffect(
    () =>
      onHash(window, (hash) => {
        const place = readPlace(hash);
        openPlace(place);
        const now = viewer.current?.place();
        const to = now && standingAt(place, now);
        if (!to) return;
        onArrive();
        // Another slide's viewer is yet to come, and begins there by itself.
        if (!place.slide || place.slide === slide?.id) viewer.current?.follow(to);
      }),
    [viewer, slide?.id, openPlace, onArrive],
  );
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

type Page = Pick<Window, "addEventListener" | "removeEventListener"> & { location: Pick<Location, "hash"> };

/** Tell of each new address of the page that is open already: a link followed, an address typed, the way back. */
export function onHash(page: Page, go: (hash: string) => void): () => void {
  const changed = () => go(page.location.hash);
  page.addEventListener("hashchange", changed);
  return () => page.removeEventListener("hashchange", changed);
}

/** Where a slide stands once it is at a link's place: at the magnification it has where the link names none; null without a place. */
export function standingAt({ x, y, z, turn_degrees, flip }: Place, now: Standing): Standing | null {
  if (x === undefined || y === undefined) return null;
  return { x, y, z: z ?? now.z, turn_degrees: turn_degrees ?? 0, flip: flip ?? false };
}
