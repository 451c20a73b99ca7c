import { plural, t } from "../shared/catalogue";
import { number, percent } from "../shared/format";
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
          {t("Exact 95 % sampling intervals;")}{" "}
          {counts.rules &&
            t("counting rules {name} {version};", {
              name: counts.rules.name,
              version: String(counts.rules.version),
            })}{" "}
          {plural(
            counts.reviewed_n,
            "{n} cell confirmed, corrected or added by readers.",
            "{n} cells confirmed, corrected or added by readers.",
          )}
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
          <th>{t("Class")}</th>
          <th>{t("Reviewed")}</th>
          <th>% (95 %)</th>
          {likely && <th title={LIKELY}>{t("With machine errors")}</th>}
          {absolute && <th>{"10⁹/L"}</th>}
          {graded && <th>{t("Grade")}</th>}
          <th>{t("Machine alone")}</th>
        </tr>
      </thead>
      <tbody>
        {section.rows
          .filter((r) => r.reviewed.count || r.machine.count)
          .map((r) => (
            <tr key={r.key} title={explained(accounts[r.key])}>
              <td>{r.name}</td>
              <td>{number.format(r.reviewed.count)}</td>
              <td>{section.below_floor ? "" : percent(r.reviewed)}</td>
              {likely && <td>{r.with_machine_errors?.text}</td>}
              {absolute && <td>{r.absolute?.text}</td>}
              {graded && (
                <td>
                  {r.grade?.text}
                  {r.grade?.crosses && <small>{t("crosses a limit")}</small>}
                </td>
              )}
              <td className="machine">
                {number.format(r.machine.count)}
                {!section.below_floor && r.machine.value !== null && ` · ${percent(r.machine)}`}
              </td>
            </tr>
          ))}
        <tr className="sum">
          <td>{t("n")}</td>
          <td>
            {section.target === null
              ? number.format(section.n.reviewed)
              : t("{n} of {target}", { n: section.n.reviewed, target: section.target })}
          </td>
          <td />
          {likely && <td />}
          {absolute && <td />}
          {graded && <td />}
          <td className="machine">{number.format(section.n.machine)}</td>
        </tr>
      </tbody>
    </table>
  );
}

const LIKELY = t(
  "Likely range of each share: some of these cells were named only by the machine, and this interval includes its errors on films of other laboratories.",
);

const PARTS: [keyof Account, string][] = [
  ["machine", t("detected by the machine")],
  ["rejected", t("of these rejected")],
  ["renamed_away", t("of these reclassified")],
  ["renamed_here", t("reclassified to this class")],
  ["added", t("added by people")],
  ["cut", t("cut by an edge, or touched by a scale bar; not counted")],
  ["outside", t("outside the counted fields, not counted")],
];

/** How the number of a class came about, in words. */
export function explained(account: Account | undefined): string {
  if (!account) return "";
  return PARTS.filter(([key]) => key === "machine" || account[key] > 0)
    .map(([key, words]) => `${number.format(account[key])} ${words}`)
    .join("; ");
}
