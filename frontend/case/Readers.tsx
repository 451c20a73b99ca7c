import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { get, send } from "../shared/api";
import { t } from "../shared/catalogue";
import type { Agreement, Room } from "../shared/types";
import { AgreementTable } from "./AgreementTable";
import { Differences } from "./Differences";

interface Props {
  data: Room;
  act(work: () => Promise<unknown>): Promise<boolean>;
}

const ROLES = { first: t("First reading"), second: t("Second reading"), consensus: t("Consensus") } as const;

const READING_STATES: Record<string, string> = { open: t("open"), closed: t("closed") };

const READERS = "readers";

/** Bring the readers into view where the address names them: they come after the page. */
export function showReaders(): void {
  if (location.hash === `#${READERS}`) document.getElementById(READERS)?.scrollIntoView();
}

/** That nobody was asked to read the case again; how many people read it is said where it was one. */
export function withoutSecond(readings: readonly Pick<Agreement["readings"][number], "by">[]): string {
  const people = new Set(readings.flatMap((one) => one.by));
  return people.size === 1
    ? t("Read by one person; no second reading was asked for.")
    : t("No second reading was asked for.");
}

/** Who reads the case once and twice, how far they agree, and the cells on which they differ. */
export function Readers({ data, act }: Props) {
  const { accession, locked } = data.case;
  const agreement = useQuery({
    queryKey: ["room", accession, "agreement"],
    queryFn: () => get<Agreement>(`/api/v1/cases/${accession}/agreement/`),
  });
  const reported = data.slides.some((slide) => slide.jobs?.some((job) => job.reported));
  const may = data.me.rights.includes("review") && !locked;
  const there = reported && agreement.data !== undefined;
  useEffect(() => {
    if (there) showReaders();
  }, [there]);
  if (!agreement.data || !reported) return null;
  const { readings, hidden, examinations, differences, decidable, why_not_you, open, n, mine } = agreement.data;
  const second = readings.find((r) => r.role === "second");
  const at = `/api/v1/cases/${accession}/second-reading/`;
  const closes = may && second?.state === "open" && (mine || data.me.rights.includes("sign"));
  return (
    <section className="readers" id={READERS} aria-label={t("Readers")}>
      <div className="slides-head">
        <h2>{t("Readers")}</h2>
        {second?.state === "open" && may && (
          <span className="actions">
            {closes && (
              <button type="button" className="primary" onClick={() => void act(() => send("POST", `${at}close/`))}>
                {t("Close the second reading")}
              </button>
            )}
            {second.acts === 0 && (
              <button type="button" onClick={() => void act(() => send("DELETE", at))}>
                {t("Withdraw second reading")}
              </button>
            )}
          </span>
        )}
      </div>
      {readings.length > 0 && (
        <ul className="roles sheet">
          {readings.map((r) => (
            <li key={r.role}>
              {ROLES[r.role]}:{" "}
              <b>{r.reader || r.by.join(", ") || (r.state === "open" ? t("nobody yet") : t("nobody"))}</b>
              {r.role === "second" && <span className="soft"> {r.blind ? t("blind") : t("open")}, </span>}
              <span className="soft">
                {" "}
                {r.role !== "consensus"
                  ? (READING_STATES[r.state] ?? r.state)
                  : open
                    ? t("{open} of {n} to decide", { open, n })
                    : t("settled")}
              </span>
            </li>
          ))}
        </ul>
      )}
      {!second && may && (
        <Order data={data} onOrder={(username, blind) => act(() => send("POST", at, { username, blind }))} />
      )}
      {!second && !may && <p className="soft note">{withoutSecond(readings)}</p>}
      {hidden && (
        <p className="soft note">{t("The second reading is blind: nothing is compared before it is closed.")}</p>
      )}
      {examinations.map((table) => (
        <AgreementTable key={table.assay} table={table} />
      ))}
      {why_not_you && open > 0 && <p className="soft note">{why_not_you}</p>}
      {differences.length > 0 && (
        <Differences
          agreement={agreement.data}
          data={data}
          may={may && decidable && !why_not_you}
          onDecide={(d, label) =>
            act(() => send("POST", `/api/v1/jobs/${d.job}/decide/`, { row: d.row, added: d.added, label }))
          }
        />
      )}
    </section>
  );
}

function Order({ data, onOrder }: { data: Room; onOrder(username: string, blind: boolean): Promise<boolean> }) {
  const [open, setOpen] = useState(false);
  const others = data.readers.filter((r) => r.id !== data.case.reader?.id);
  const [to, setTo] = useState(others.find((r) => r.id !== data.me.id)?.username ?? "");
  const [blind, setBlind] = useState(true);
  if (!others.length) return null;
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        {t("Ask for a second reading…")}
      </button>
    );
  async function order(event: FormEvent) {
    event.preventDefault();
    if (await onOrder(to, blind)) setOpen(false);
  }
  return (
    <form className="sheet" aria-label={t("Second reading")} onSubmit={(event) => void order(event)}>
      <label>
        {t("Second reader")}{" "}
        <select value={to} onChange={(e) => setTo(e.target.value)} required>
          {others.map((r) => (
            <option key={r.id} value={r.username}>
              {r.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input type="checkbox" checked={blind} onChange={(e) => setBlind(e.target.checked)} />{" "}
        {t("Blind: the reader sees nothing of the first reading")}
      </label>
      <span className="actions">
        <button type="submit" className="primary">
          {t("Ask")}
        </button>
        <button type="button" onClick={() => setOpen(false)}>
          {t("Cancel")}
        </button>
      </span>
    </form>
  );
}
