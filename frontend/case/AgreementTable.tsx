import { t } from "../shared/catalogue";
import { fixed, number } from "../shared/format";
import { richPlural } from "../shared/rich";
import type { Agreement } from "../shared/types";

type Table = Agreement["examinations"][number];

const kappa = (k: { value: number; low: number; high: number }) =>
  `${fixed(k.value, 2)} (${fixed(k.low, 2)}–${fixed(k.high, 2)})`;

/** Agreement of two readers of one examination: over all classes and class by class. */
export function AgreementTable({ table }: { table: Table }) {
  if (!table.n)
    return (
      <p className="soft note">
        {t("{examination}: no cell has been named by both readers yet.", { examination: table.title })}
      </p>
    );
  const values = { examination: table.title, same: table.same };
  return (
    <>
      <p className="note">
        {!table.kappa
          ? t("{examination}: {why} Same class: {same}.", { ...values, why: table.why })
          : richPlural(
              table.n,
              "{examination}: {same} of {n} cell that both named has the same class; kappa {kappa}.",
              "{examination}: {same} of {n} cells that both named have the same class; kappa {kappa}.",
              { ...values, kappa: <b>{kappa(table.kappa)}</b> },
            )}
      </p>
      <details>
        <summary>{t("Class by class")}</summary>
        <div className="sheet scrolls">
          <table className="list">
            <thead>
              <tr>
                <th>{t("Class")}</th>
                <th className="number">{t("Both")}</th>
                <th className="number">{t("Only the first")}</th>
                <th className="number">{t("Only the second")}</th>
                <th className="number">{t("Kappa (95 % interval)")}</th>
                <th className="number">{t("McNemar’s p")}</th>
              </tr>
            </thead>
            <tbody>
              {table.classes.map((c) => (
                <tr key={c.key}>
                  <td>{c.name}</td>
                  <td className="number">{c.both}</td>
                  <td className="number">{number.format(c.only_first)}</td>
                  <td className="number">{number.format(c.only_second)}</td>
                  <td className="number" title={c.why}>
                    {c.kappa ? kappa(c.kappa) : "–"}
                  </td>
                  <td className="number">{c.mcnemar_p < 0.001 ? `< ${fixed(0.001, 3)}` : fixed(c.mcnemar_p, 3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
