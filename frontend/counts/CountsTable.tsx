import { numberOf, percent } from "../shared/format";
import type { Account, Counts, Section } from "../shared/types";

/** Every section, ratio and note of what was counted. */
export function CountsTable({ counts }: { counts: Counts }) {
  return (
    <div className="countstable">
      {counts.sections.map((section) => (
        <SectionTable key={section.key} section={section} accounts={counts.accounts} />
      ))}
      <div className="countsnotes">
        {counts.ratios
          .filter((r) => r.reviewed || r.why)
          .map((r) => (
            <p key={r.key} title={r.basis}>
              {r.name}: {r.reviewed ? <b>{r.reviewed.text}</b> : <span className="soft">{r.why}</span>}
            </p>
          ))}
        {counts.findings.map((f) => (
          <p key={f.key}>{f.text}</p>
        ))}
        {counts.unsettled.map((u) => (
          <p key={u.key} className="warn">
            {u.text}
          </p>
        ))}
        {counts.notes.map((n) => (
          <p key={n}>{n}</p>
        ))}
        <p>
          Exact 95 % sampling intervals;
          {counts.rules && ` counting rules ${counts.rules.name} ${counts.rules.version};`}{" "}
          {numberOf(counts.reviewed_n, "cell")}
          confirmed, corrected or added by readers.
        </p>
      </div>
    </div>
  );
}

function SectionTable({ section, accounts }: { section: Section; accounts: Counts["accounts"] }) {
  const graded = section.rows.some((r) => r.grade);
  const absolute = section.rows.some((r) => r.absolute);
  const likely = section.rows.some((r) => r.with_machine_errors);
  return (
    <table>
      <caption>{section.title}</caption>
      <thead>
        <tr>
          <th>Class</th>
          <th>Reviewed</th>
          <th>% (95 %)</th>
          {likely && <th title={LIKELY}>With machine errors</th>}
          {absolute && <th>10⁹/L</th>}
          {graded && <th>Grade</th>}
          <th>Machine alone</th>
        </tr>
      </thead>
      <tbody>
        {section.rows
          .filter((r) => r.reviewed.count || r.machine.count)
          .map((r) => (
            <tr key={r.key} title={explained(accounts[r.key])}>
              <td>{r.name}</td>
              <td>{r.reviewed.count}</td>
              <td>{section.below_floor ? "" : percent(r.reviewed)}</td>
              {likely && <td>{r.with_machine_errors?.text}</td>}
              {absolute && <td>{r.absolute?.text}</td>}
              {graded && (
                <td>
                  {r.grade?.text}
                  {r.grade?.crosses && <small> crosses a limit</small>}
                </td>
              )}
              <td className="machine">
                {r.machine.count}
                {!section.below_floor && r.machine.value !== null && ` · ${percent(r.machine)}`}
              </td>
            </tr>
          ))}
        <tr className="sum">
          <td>n</td>
          <td>
            {section.n.reviewed}
            {section.target !== null && ` of ${section.target}`}
          </td>
          <td />
          {likely && <td />}
          {absolute && <td />}
          {graded && <td />}
          <td className="machine">{section.n.machine}</td>
        </tr>
      </tbody>
    </table>
  );
}

const LIKELY =
  "What each share is likely to be: nobody has named some of these cells but the machine, and this holds how it errs on films of other laboratories.";

const PARTS: [keyof Account, string][] = [
  ["machine", "detected by the machine"],
  ["rejected", "of these rejected"],
  ["renamed_away", "of these reclassified"],
  ["renamed_here", "reclassified to this class"],
  ["added", "added by people"],
  ["cut", "cut by a field edge, not counted"],
  ["outside", "outside the counted fields, not counted"],
];

/** How the number of a class came about, in words. */
export function explained(account: Account | undefined): string {
  if (!account) return "";
  return PARTS.filter(([key]) => key === "machine" || account[key] > 0)
    .map(([key, words]) => `${account[key]} ${words}`)
    .join("; ");
}
