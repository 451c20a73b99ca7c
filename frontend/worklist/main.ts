/** The worklist follows running jobs without being loaded again. */

import { writeTimes } from "../base/times";
import { t } from "../shared/catalogue";
import "../base/base.css";
import { clock, seconds } from "../shared/format";
import { line } from "../shared/line";
import { live } from "../shared/socket";
import { offerThemes } from "../shared/theme";
import type { Case, Job } from "../shared/types";
import { offerBulkActs } from "./bulk";
import { readAgain } from "./readagain";
import { offerSavedFilters } from "./savedfilters";

type News = { type: "job"; accession: string; job: Job } | { type: "case"; case: Case };

offerThemes();
writeTimes(document);
offerSavedFilters();
offerBulkActs();
let first = true;

function row(accession: string): HTMLElement | null {
  return document.querySelector(`[data-accession="${CSS.escape(accession)}"]`);
}

function show(news: News): void {
  const accession = news.type === "job" ? news.accession : news.case.accession;
  const line = row(accession);
  if (!line) return;
  if (news.type === "case") {
    // A change of state moves counts and tabs as well: the page is read again.
    if (line.dataset.state !== news.case.state) readAgain();
    return;
  }
  const place = line.querySelector<HTMLElement>("[data-left]");
  if (!place) return;
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = news.job.percent;
  bar.setAttribute("aria-label", t("Analysis of {accession}", { accession }));
  const eta = news.job.eta_s === null ? "" : `, ${t("{seconds} left", { seconds: seconds(news.job.eta_s) })}`;
  place.replaceChildren(bar, ` ${Math.round(news.job.percent)} %${eta}`);
}

live(
  "/ws/worklist/",
  (news: News) => show(news),
  () => {
    if (!first) readAgain();
    first = false;
  },
);

/** A list that does not follow what happens says so. */
line.subscribe(() => {
  const { lost_at } = line.get();
  const before = document.getElementById("not-live");
  if (lost_at === null) {
    before?.remove();
  } else if (!before) {
    const notice = document.createElement("p");
    notice.id = "not-live";
    notice.className = "notice lost";
    notice.setAttribute("role", "alert");
    notice.textContent = t("Not live since {time}. This list shows that time. Reconnecting…", {
      time: clock(lost_at),
    });
    document.querySelector("main")?.prepend(notice);
  }
});
