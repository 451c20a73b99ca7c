import { t } from "../shared/catalogue";
import { ACTION_NAMES, certainty, dayTime, fixed } from "../shared/format";
import type { Card, Schema } from "../shared/types";
import { type CardActs, CardFrame } from "./CardFrame";
import { cutText } from "./listnote";
import { ReviewActs } from "./ReviewActs";

const MEASURES: [keyof Card["measures"], string, string][] = [
  ["diameter_um", t("diameter"), "µm"],
  ["area_um2", t("area"), "µm²"],
  ["circularity", t("circularity"), ""],
  ["pallor", t("central pallor"), ""],
  ["nc_ratio", t("nucleus-to-cell ratio"), ""],
];

const READERS: Record<string, string> = {
  first: t("first reader"),
  second: t("second reader"),
  consensus: t("consensus reader"),
};

interface Props extends CardActs {
  card: Card | null;
  /** The card of the chosen cell is on its way, or why it has not come; both empty where none is chosen. */
  loading: boolean;
  problem: string;
  schema: Schema;
  /** List the cells that are most like this one. */
  onLike(): void;
}

/** Everything about the chosen cell: picture, class, probabilities, measures, history. */
export function CellCard({ card, loading, problem, schema, reviewing, onLike, ...acts }: Props) {
  if (!card) {
    const text =
      problem || (loading ? t("Loading the chosen cell…") : t("Choose a cell on the slide or in the gallery."));
    return (
      <aside className="card none" aria-label={t("Chosen cell")}>
        <ReviewActs {...reviewing} />
        <p role={problem ? "alert" : undefined}>{text}</p>
      </aside>
    );
  }
  const label = card.label >= 0 ? schema.classes[card.label] : undefined;
  const machine = schema.classes[card.class];
  const facts = (
    <>
      <p className="machine">
        {t("machine: {name}", { name: machine?.name ?? "" })} {certainty(card.p)}
      </p>
      {card.others.map((other) => (
        <p key={other.role} className="machine">
          {t(other.state === "" ? "{reader}: {name} (left as it was)" : "{reader}: {name}", {
            reader: READERS[other.role] ?? other.role,
            name: other.label === null ? t("rejected") : (schema.classes[other.label]?.name ?? ""),
          })}
        </p>
      ))}
      {card.must_see && <p className="must-note">{t("must be seen: {must_see}", { must_see: card.must_see })}</p>}
      {card.cut && (
        <p className="machine">
          {card.state === "relabelled"
            ? t("{cut}; counted, because a person named it", { cut: cutText(card.cut_by) })
            : t("{cut}; not counted", { cut: cutText(card.cut_by) })}
        </p>
      )}
      <ol className="bars">
        {card.probabilities.slice(0, 4).map(({ class: c, p }) => (
          <li key={c}>
            <i style={{ width: `${Math.max(2, 60 * p)}px`, background: schema.classes[c]?.colour }} />
            <span>{schema.classes[c]?.short}</span> {certainty(p)}
          </li>
        ))}
      </ol>
    </>
  );
  return (
    <CardFrame
      {...acts}
      cell={{ row: card.row, added: null }}
      picture={card.crop_url}
      label={label}
      acts={<ReviewActs {...reviewing} />}
      facts={facts}
      more={
        <button type="button" onClick={onLike} title={t("List the cells most like this one (Shift + K)")}>
          {t("Find alike")}
        </button>
      }
    >
      <dl>
        {MEASURES.filter(([key]) => card.measures[key] !== null).map(([key, name, unit]) => (
          <div key={key}>
            <dt>{name}</dt>
            <dd>
              {fixed(card.measures[key] ?? 0, key === "area_um2" || key === "diameter_um" ? 1 : 2)} {unit}
            </dd>
          </div>
        ))}
      </dl>
      {card.history.length > 0 && (
        <ul className="history">
          {card.history.map((h) => (
            <li key={`${h.at}${ACTION_NAMES[h.action] ?? h.action}`} className={h.undone ? "undone" : ""}>
              {h.action}
              {h.label !== null && ` ${schema.classes[h.label]?.name ?? ""}`} · {h.by} · {dayTime(h.at)}
            </li>
          ))}
        </ul>
      )}
    </CardFrame>
  );
}
