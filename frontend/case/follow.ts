/** What the server wrote around the case's desk, read again when the case comes into another state: nothing that somebody types is lost. */

import { writeTimes } from "../base/times";

/** Put the pieces marked `data-follows` of a page that was read anew in the place of those that are shown. */
export function replaceFollowing(page: ParentNode, fresh: ParentNode): void {
  for (const piece of fresh.querySelectorAll<HTMLElement>("[data-follows]")) {
    writeTimes(piece);
    page.querySelector(`[data-follows="${piece.dataset.follows}"]`)?.replaceWith(piece);
  }
}

/** Read this page again and show its head and its reports as they are now; what is shown stays where the page cannot be read. */
export async function followPage(): Promise<void> {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  replaceFollowing(document, new DOMParser().parseFromString(await answer.text(), "text/html"));
}
