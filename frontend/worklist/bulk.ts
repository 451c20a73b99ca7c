/** Acts on several cases of the worklist at once: one request a case, and a sentence that says what became of each. */

import { Problem, send } from "../shared/api";
import { plural } from "../shared/catalogue";

export type Act = "urgent" | "usual" | "reader";

/** The request of an act for one case: its address and its body. */
export function requestOf(act: Act, accession: string, reader: string): [string, Record<string, unknown>] {
  const at = `/api/v1/cases/${encodeURIComponent(accession)}/`;
  return act === "reader" ? [`${at}reader/`, { username: reader }] : [`${at}urgent/`, { urgent: act === "urgent" }];
}

/** What became of the cases: how many were changed, and why each of the others was not. */
export function outcomeText(changed: number, refusals: readonly (readonly [string, string])[]): string {
  const changes = plural(changed, "{n} case changed.", "{n} cases changed.");
  return [changes, ...refusals.map(([accession, why]) => `${accession}: ${why}`)].join(" ");
}

/** Do `act` to each case in turn; `tell` hears how many are done. */
export async function forEach(
  accessions: readonly string[],
  act: Act,
  reader: string,
  tell: (n: number) => void,
): Promise<string> {
  const refusals: [string, string][] = [];
  let n = 0;
  for (const accession of accessions) {
    try {
      await send("POST", ...requestOf(act, accession, reader));
    } catch (error) {
      refusals.push([accession, error instanceof Problem ? error.message : String(error)]);
    }
    tell(++n);
  }
  return outcomeText(accessions.length - refusals.length, refusals);
}

/** Where the page keeps the sentence until it has been read again. */
const KEPT = "hemaview-bulk-outcome";

export function offerBulkActs(): void {
  const form = document.querySelector<HTMLFormElement>("#bulk");
  const all = document.querySelector<HTMLInputElement>("#choose-all");
  if (!form || !all) return;
  const boxes = [...document.querySelectorAll<HTMLInputElement>("[data-choose]")];
  // The people among whom the filter chooses.
  const people = document.querySelectorAll<HTMLOptionElement>("#id_reader option[value]:not([value=''])");
  form.querySelector("#bulk-reader")?.append(...[...people].map((option) => new Option(option.text, option.value)));
  const outcome = form.querySelector<HTMLElement>("[data-outcome]");
  const before = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (outcome && before) outcome.textContent = before;
  const show = () => {
    const n = boxes.filter((box) => box.checked).length;
    form.hidden = n === 0 && !outcome?.textContent;
    for (const element of form.querySelectorAll<HTMLButtonElement>("button")) element.disabled = n === 0;
    const label = form.querySelector("[data-chosen]");
    if (label) label.textContent = plural(n, "{n} case chosen", "{n} cases chosen");
    all.checked = n > 0 && n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  for (const button of form.querySelectorAll<HTMLButtonElement>("[data-act]"))
    button.addEventListener("click", () => {
      const accessions = boxes.filter((box) => box.checked).map((box) => box.value);
      const bar = form.querySelector("progress");
      if (bar) [bar.hidden, bar.max, bar.value] = [false, accessions.length, 0];
      form.dataset.busy = "";
      for (const each of form.querySelectorAll<HTMLButtonElement>("button")) each.disabled = true;
      const reader = form.querySelector<HTMLSelectElement>("#bulk-reader")?.value ?? "";
      void forEach(accessions, button.dataset.act as Act, reader, (n) => {
        if (bar) bar.value = n;
      }).then((text) => {
        sessionStorage.setItem(KEPT, text);
        location.reload();
      });
    });
  show();
}
