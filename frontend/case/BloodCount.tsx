import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, send } from "../shared/api";
import { t } from "../shared/catalogue";
import type { BloodCountRow, BloodCount as Count } from "../shared/types";
import { numbersOf, textsOf } from "./analyser";

interface Props {
  accession: string;
  may: boolean;
  act(work: () => Promise<unknown>): Promise<boolean>;
}

const MARKS = { low: "low", high: "high" } as const;

/** The analyser's values and the absolute counts of the film beside what is usual at the patient's age and sex. */
export function BloodCount({ accession, may, act }: Props) {
  const count = useQuery({
    queryKey: ["room", accession, "blood-count"],
    queryFn: () => get<Count>(`/api/v1/cases/${accession}/blood-count/`),
  });
  const [open, setOpen] = useState(false);
  if (!count.data) return null;
  const { rows, notes, quantities, references } = count.data;
  return (
    <section className="blood-count">
      <div className="slides-head">
        <h2>{t("Blood count")}</h2>
        {may && !open && (
          <button type="button" onClick={() => setOpen(true)}>
            {quantities.some((q) => q.value !== null) ? t("Edit analyser values…") : t("Enter analyser values…")}
          </button>
        )}
      </div>
      {open && <Values accession={accession} count={count.data} act={act} onDone={() => setOpen(false)} />}
      {rows.length > 0 ? (
        <div className="sheet scrolls">
          <table className="list">
            <thead>
              <tr>
                <th>{t("Quantity")}</th>
                <th className="number">{t("Value (95 % interval)")}</th>
                <th>{t("Unit")}</th>
                <th className="number">{t("Reference range")}</th>
                <th>{t("Flag")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key} className={row.flag && row.settled ? "flagged" : undefined}>
                  <td>
                    {row.name} {row.of === "film" && <span className="soft">{t("film × analyser")}</span>}
                  </td>
                  <td className="number">{row.text}</td>
                  <td className="soft">{row.unit}</td>
                  <td className="number" title={row.range?.source}>
                    {row.range ? `${row.range.low}–${row.range.high}` : "–"}
                  </td>
                  <td>
                    <Flag row={row} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        !open && <p className="soft note">{t("No analyser values yet.")}</p>
      )}
      {notes.map((note) => (
        <p key={note} className="soft note">
          {note}
        </p>
      ))}
      {rows.some((row) => row.range) && (
        <p className="soft note">
          {t("{name}, version {version}: {whose}. Check them against the laboratory’s own.", {
            name: references.name,
            version: String(references.version),
            whose: [...new Set(rows.map((r) => r.range?.whose))].filter(Boolean).join("; "),
          })}
        </p>
      )}
    </section>
  );
}

function Flag({ row }: { row: BloodCountRow }) {
  if (!row.flag) return null;
  const text = MARKS[row.flag];
  return row.settled ? (
    <b className={`flag ${row.flag}`}>
      {row.flag === "low" ? "▼" : "▲"} {text}
    </b>
  ) : (
    <span className="soft" title={t("The interval reaches into the reference range")}>
      ({text})
    </span>
  );
}

interface ValuesProps extends Pick<Props, "accession" | "act"> {
  count: Count;
  onDone(): void;
}

function Values({ accession, count, act, onDone }: ValuesProps) {
  const [typed, setTyped] = useState<Record<string, string>>({});
  const text = textsOf(count.quantities, typed);
  const values = numbersOf(text);
  const wrong = values.filter(([, value]) => !(value >= 0)).map(([key]) => key);
  async function save(event: FormEvent) {
    event.preventDefault();
    if (wrong.length) return;
    const analyser = Object.fromEntries(values);
    if (await act(() => send("PATCH", `/api/v1/cases/${accession}/`, { analyser }))) onDone();
  }
  return (
    <form className="sheet values" aria-label={t("Values of the analyser")} onSubmit={(event) => void save(event)}>
      {count.quantities.map((q) => (
        <label key={q.key}>
          {q.name}
          <span className="pair">
            <input
              value={text[q.key] ?? ""}
              inputMode="decimal"
              aria-invalid={wrong.includes(q.key) || undefined}
              onChange={(e) => setTyped({ ...typed, [q.key]: e.target.value })}
            />
            <span className="soft">{q.unit}</span>
          </span>
        </label>
      ))}
      <p className="actions wide">
        <button type="submit" className="primary" disabled={wrong.length > 0}>
          {t("Save")}
        </button>
        <button type="button" onClick={onDone}>
          {t("Cancel")}
        </button>
        {wrong.length > 0 && <span className="error">{t("Enter numbers of at least 0, such as 7.4.")}</span>}
      </p>
    </form>
  );
}
