import { Mark } from "../shared/Mark";
import type { Card, Schema } from "../shared/types";

const MEASURES: [keyof Card["measures"], string, string][] = [
  ["diameter_um", "diameter", "µm"],
  ["area_um2", "area", "µm²"],
  ["circularity", "circularity", ""],
  ["pallor", "central pallor", ""],
  ["nc_ratio", "nucleus of cell", ""],
];

/** Everything about the chosen cell: picture, class, probabilities, measures, history. */
export function CellCard({ card, schema, onGo }: { card: Card | null; schema: Schema; onGo(): void }) {
  if (!card) {
    return (
      <aside className="card none">
        <p>Choose a cell on the slide or in the gallery.</p>
      </aside>
    );
  }
  const label = card.label >= 0 ? schema.classes[card.label] : undefined;
  const machine = schema.classes[card.class];
  return (
    <aside className="card" aria-label="Chosen cell">
      <div className="card-top">
        <button type="button" className="card-picture" onClick={onGo} title="Show on the slide (g)">
          <img src={`${card.crop_url}?size=192`} alt={label?.name ?? "rejected cell"} width={116} height={116} />
        </button>
        <div>
          <h3>
            {label && <Mark mark={label.mark} colour={label.colour} />} {label?.name ?? "Rejected"}
          </h3>
          <p className="machine">
            machine: {machine?.name} {Math.round(card.p * 100)} %
          </p>
          {card.must_see && <p className="must-note">must be seen: {card.must_see}</p>}
          {card.cut && <p className="machine">cut by the edge of the picture; not counted</p>}
          <ol className="bars">
            {card.probabilities.slice(0, 4).map(({ class: c, p }) => (
              <li key={c}>
                <i style={{ width: `${Math.max(2, 60 * p)}px`, background: schema.classes[c]?.colour }} />
                <span>{schema.classes[c]?.short}</span> {(p * 100).toFixed(0)} %
              </li>
            ))}
          </ol>
        </div>
      </div>
      <dl>
        {MEASURES.filter(([key]) => card.measures[key] !== null).map(([key, name, unit]) => (
          <div key={key}>
            <dt>{name}</dt>
            <dd>
              {card.measures[key]?.toFixed(key === "area_um2" || key === "diameter_um" ? 1 : 2)} {unit}
            </dd>
          </div>
        ))}
      </dl>
      {card.history.length > 0 && (
        <ul className="history">
          {card.history.map((h) => (
            <li key={`${h.at}${h.action}`} className={h.undone ? "undone" : ""}>
              {h.action}
              {h.label !== null && ` ${schema.classes[h.label]?.name ?? ""}`} · {h.by} ·{" "}
              {h.at.slice(0, 16).replace("T", " ")}
            </li>
          ))}
        </ul>
      )}
    </aside>
  );
}
