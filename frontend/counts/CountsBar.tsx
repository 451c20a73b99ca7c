import { useState } from "react";
import { percent } from "../shared/format";
import type { Counts } from "../shared/types";

/** Always in view, changes with each key; opens to the whole table. */
export function CountsBar({ counts }: { counts: Counts | null }) {
  const [open, setOpen] = useState(false);
  if (!counts) return <footer className="countsbar empty">Counts appear when the analysis is done.</footer>;
  const wbc = counts.sections.find((s) => s.key === "wbc");
  const top = [...(wbc?.rows ?? [])].sort((a, b) => b.reviewed.count - a.reviewed.count).slice(0, 3);
  const rbc = counts.sections.find((s) => s.key === "rbc");
  const nrbc = counts.ratios.find((r) => r.key === "nrbc_per_100_wbc");
  const unsettled = counts.unsettled[0];
  return (
    <footer className="countsbar">
      {open && <CountsTable counts={counts} />}
      <button
        type="button"
        className="countsline"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        title="All counts"
      >
        <b>{open ? "▾" : "▴"}</b>
        <span>
          WBC <b>{wbc?.n.reviewed ?? 0}</b>
        </span>
        {top
          .filter((r) => r.reviewed.count > 0)
          .map((r) => (
            <span key={r.key}>
              {r.name.toLowerCase()} <b>{percent(r.reviewed)}</b>
            </span>
          ))}
        {nrbc?.reviewed && (wbc?.n.reviewed ?? 0) >= 20 && (
          <span>
            NRBC <b>{nrbc.reviewed.text}</b> per 100
          </span>
        )}
        <span>
          RBC <b>{rbc?.n.reviewed ?? 0}</b>
        </span>
        {counts.partial && <span className="warn">partial</span>}
        {unsettled && <span className="warn">{unsettled.text}</span>}
      </button>
    </footer>
  );
}

function CountsTable({ counts }: { counts: Counts }) {
  return (
    <div className="countstable">
      {counts.sections.map((section) => (
        <table key={section.key}>
          <caption>{section.title}</caption>
          <thead>
            <tr>
              <th>Class</th>
              <th>Reviewed</th>
              <th>% (95 %)</th>
              {section.key === "rbc" && <th>Grade</th>}
              <th>Machine alone</th>
            </tr>
          </thead>
          <tbody>
            {section.rows
              .filter((r) => r.reviewed.count || r.machine.count)
              .map((r) => (
                <tr key={r.key}>
                  <td>{r.name}</td>
                  <td>{r.reviewed.count}</td>
                  <td>{percent(r.reviewed)}</td>
                  {section.key === "rbc" && (
                    <td>
                      {r.grade?.text}
                      {r.grade?.crosses && <small> crosses a limit</small>}
                    </td>
                  )}
                  <td className="machine">
                    {r.machine.count} · {percent(r.machine)}
                  </td>
                </tr>
              ))}
            <tr className="sum">
              <td>n</td>
              <td>{section.n.reviewed}</td>
              <td />
              {section.key === "rbc" && <td />}
              <td className="machine">{section.n.machine}</td>
            </tr>
          </tbody>
        </table>
      ))}
      <div className="countsnotes">
        {counts.ratios
          .filter((r) => r.reviewed)
          .map((r) => (
            <p key={r.key}>
              {r.name}: <b>{r.reviewed?.text}</b>
            </p>
          ))}
        {counts.unsettled.map((u) => (
          <p key={u.text} className="warn">
            {u.text}
          </p>
        ))}
        {counts.notes.map((n) => (
          <p key={n}>{n}</p>
        ))}
        <p>
          Exact 95 % intervals of sampling; rules {counts.rules.name} {counts.rules.version}; {counts.reviewed_n} cells
          touched by people.
        </p>
      </div>
    </div>
  );
}
