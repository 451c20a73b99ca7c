import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../shared/api";
import { LANGUAGE, plural, t } from "../shared/catalogue";
import { day, fixed, STATE_NAMES } from "../shared/format";
import type { FigureSeries, History as Past } from "../shared/types";
import { Trend } from "./Trend";

const FIRST = 8;

/** The other cases of the patient, by pseudonym, and how the figures went. */
export function History({ accession }: { accession: string }) {
  const past = useQuery({
    queryKey: ["room", accession, "history"],
    queryFn: () => get<Past>(`/api/v1/cases/${accession}/history/`),
  });
  const [all, setAll] = useState(false);
  if (!past.data || past.data.cases.length < 2) return null;
  const { cases, series, left_out, excluded } = past.data;
  const lines = all ? series : series.slice(0, FIRST);
  return (
    <section className="history" aria-label={t("Cases of this patient")}>
      <h2>{t("Cases of this patient")}</h2>
      <p className="soft note">
        {left_out > 0 && `${plural(left_out, "{n} further case is not shown.", "{n} further cases are not shown.")} `}
        {t(
          "Figures of signed cases are those that were signed; bars are 95 % intervals, the band is the reference range.",
        )}
      </p>
      {excluded.map((one) => (
        <p key={one.accession} className="warn">
          {one.accession === accession
            ? t("This case is not in the trend.")
            : t("{accession} is not in the trend.", one)}{" "}
          {one.why}
        </p>
      ))}
      <div className="sheet scrolls">
        <table className="list trends">
          <thead>
            <tr>
              <th>{t("Figure")}</th>
              <th>{t("Trend")}</th>
              {cases.map((one) => (
                <th key={one.accession} className="number">
                  {one.this ? t("this case") : <a href={`/cases/${one.accession}/`}>{one.accession}</a>}
                  <br />
                  <span className="soft">
                    {day(one.received)}, {STATE_NAMES[one.state]?.toLocaleLowerCase(LANGUAGE)}
                  </span>
                </th>
              ))}
              <th>{t("Change")}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((one) => (
              <tr key={one.key}>
                <td>
                  {one.name} <span className="soft">{one.unit}</span>
                </td>
                <td>
                  <Trend series={one} label={`${one.name}: ${one.points.map((p) => fixed(p.value, 1)).join(", ")}`} />
                </td>
                {cases.map(({ accession: name }) => (
                  <td key={name} className="number">
                    {text(one, name)}
                  </td>
                ))}
                <td>{change(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {series.length > FIRST && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? t("Fewer figures") : plural(series.length, "All {n} figure", "All {n} figures")}
        </button>
      )}
    </section>
  );
}

function text(series: FigureSeries, accession: string): string {
  const point = series.points.find((p) => p.accession === accession);
  if (!point) return "–";
  const digits = point.value < 10 ? 2 : point.value < 100 ? 1 : 0;
  return fixed(point.value, digits);
}

function change({ change: difference }: FigureSeries) {
  if (!difference) return "";
  const digits = Math.abs(difference.by) < 10 ? 2 : 1;
  const by = `${difference.by > 0 ? "+" : ""}${fixed(difference.by, digits)}`;
  return difference.intervals_disjoint ? (
    <b title={t("Since {since}: the intervals do not overlap", { since: difference.since })}>{by}</b>
  ) : (
    <span className="soft">{by}</span>
  );
}
