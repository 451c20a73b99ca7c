/** The worklist is read again when a case moves on, but never under the hands of a person who chooses cases or types a filter. */

import { t } from "../shared/catalogue";

/** What a person is at on the page. */
export interface AtWork {
  /** Cases that are ticked. */
  chosen: number;
  /** Acts on several cases are under way: the page is read again at their end. */
  busy: boolean;
  /** The cursor stands in a field of the page. */
  typing: boolean;
}

/** What to do with a list that is no longer as things are. */
export function whenChanged({ chosen, busy, typing }: AtWork): "read" | "offer" | "wait" {
  if (busy) return "wait";
  return chosen || typing ? "offer" : "read";
}

/** What the person is at now. */
function atWork(): AtWork {
  const focus = document.activeElement;
  return {
    chosen: document.querySelectorAll("[data-choose]:checked").length,
    busy: document.querySelector("#bulk[data-busy]") !== null,
    typing: focus?.matches("main input:not([type=checkbox]), main select, main textarea") ?? false,
  };
}

/** Read the list again, or offer to. */
export function readAgain(): void {
  const what = whenChanged(atWork());
  if (what === "read") location.reload();
  if (what !== "offer" || document.getElementById("list-changed")) return;
  const notice = document.createElement("p");
  notice.id = "list-changed";
  notice.className = "notice";
  notice.setAttribute("role", "status");
  const show = document.createElement("button");
  show.type = "button";
  show.textContent = t("Show the new list");
  show.addEventListener("click", () => location.reload());
  notice.append(t("Cases have moved on since this list was read."), " ", show);
  document.querySelector("main")?.prepend(notice);
}
