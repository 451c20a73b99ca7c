import { useState } from "react";
import { get } from "../shared/api";
import { t } from "../shared/catalogue";
import type { IdentityEntry, Slide } from "../shared/types";
import { LabelPicture } from "../viewer/LabelPanel";

/** What a slide's files say of people, places, times and devices: of what kinds for all, the words for who may see them. */
export function Identity({ slide, sees }: { slide: Slide; sees: boolean }) {
  const [entries, setEntries] = useState<IdentityEntry[] | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const labels = slide.associated.filter((name) => name === "label" || name === "macro");
  const kinds = [
    ...slide.identifying.filter((kind) => kind !== "picture"),
    ...labels.map((name) => t("{name} picture", { name })),
  ];
  if (kinds.length === 0) return null;

  async function show() {
    setBusy(true);
    setProblem("");
    try {
      setEntries(await get<IdentityEntry[]>(`/api/v1/slides/${slide.id}/identity/`));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="facts identity">
      {t("Its file contains details that may show who the patient is: {kinds}.", { kinds: kinds.join(", ") })}{" "}
      {!sees && t("Your role may not see it.")}
      {sees && entries === null && (
        <button type="button" disabled={busy} onClick={() => void show()}>
          {t("Show what it says…")}
        </button>
      )}
      {problem && <p role="alert">{problem}</p>}
      {entries !== null && (
        <section aria-label={t("What the file says of the patient")}>
          <p>
            {t(
              "The audit record notes that you looked. None of these details goes into reports, exports or converted files.",
            )}{" "}
            <button type="button" onClick={() => setEntries(null)}>
              {t("Hide")}
            </button>
          </p>
          {entries.length === 0 && <p>{t("The details in its pictures were not kept at import.")}</p>}
          {entries.length > 0 && (
            <table>
              <thead>
                <tr>
                  <th>{t("Kind of detail")}</th>
                  <th>{t("Where")}</th>
                  <th>{t("What it says")}</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((entry) => (
                  <tr key={`${entry.where} ${entry.value}`}>
                    <td>{entry.kind}</td>
                    <td>{entry.where}</td>
                    <td>{entry.value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {labels.map((name) => (
            <LabelPicture key={name} src={`/slides/${slide.id}/associated/${name}.jpg`} name={name} />
          ))}
        </section>
      )}
    </div>
  );
}
