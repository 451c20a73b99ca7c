/** Moments that a page brings in UTC, written by the reader's own zone and language. */

import { dayTime } from "../shared/format";

/** Rewrites each `<time datetime>`, or the title of one that says how long ago it was. */
export function writeTimes(page: Pick<ParentNode, "querySelectorAll">): void {
  for (const time of page.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    if (time.dataset.ago !== undefined) {
      time.title = dayTime(time.dateTime);
    } else {
      // What it was stays at hand: records and reports are in UTC.
      time.title = time.textContent ?? "";
      time.textContent = dayTime(time.dateTime);
    }
  }
}
