import { numberOf } from "../shared/format";
import type { Agreement } from "../shared/types";

type Table = Agreement["examinations"][number];

const kappa = (k: { value: number; low: number; high: number }) =>
  `${k.value.toFixed(2)} (${k.low.toFixed(2)}–${k.high.toFixed(2)})`;

/** Cells that both named: of fewer a kappa and its interval say nothing, as on the report. */
const KAPPA_FROM = 20;

/** Agreement of two readers of one examination: over all classes and class by class. */
export function AgreementTable({ table }: { table: Table }) {
  if (!table.kappa) return <p className="soft note">{table.title}: there is no cell yet that both readers named.</p>;
  return (
    <>
      <p className="note">
        {table.title}: {table.same} of {numberOf(table.n, "cell")} that both named are called alike
        {table.n < KAPPA_FROM ? (
          `; kappa is given from ${KAPPA_FROM} on.`
        ) : (
          <>
            ; kappa <b>{kappa(table.kappa)}</b>.
          </>
        )}
      </p>
      <details>
        <summary>Class by class</summary>
        <div className="sheet scrolls">
          <table className="list">
            <thead>
              <tr>
                <th>Class</th>
                <th className="number">Both</th>
                <th className="number">Only the first</th>
                <th className="number">Only the second</th>
                <th className="number">Kappa (95 % interval)</th>
                <th className="number">McNemar’s p</th>
              </tr>
            </thead>
            <tbody>
              {table.classes.map((c) => (
                <tr key={c.key}>
                  <td>{c.name}</td>
                  <td className="number">{c.both}</td>
                  <td className="number">{c.only_first}</td>
                  <td className="number">{c.only_second}</td>
                  <td className="number">{kappa(c.kappa)}</td>
                  <td className="number">{c.mcnemar_p < 0.001 ? "< 0.001" : c.mcnemar_p.toFixed(3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
