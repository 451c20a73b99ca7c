import { useState } from "react";
import { t } from "../shared/catalogue";
import type { ProtocolName } from "../shared/types";

interface Props {
  protocols: ProtocolName[];
  /** Names of those that the slide was analysed by. */
  before: readonly string[];
  last: string;
  onOrder(protocol: string): void;
}

/** The laboratory's own protocol first, or the one of the `last` job; where there are more, a list to choose from. */
export function OrderButton(props: Props) {
  const [name, setName] = useState(props.last);
  const chosen = props.protocols.find((p) => p.name === name) ?? props.protocols[0];
  if (!chosen) return null;
  return (
    <span className="order">
      <button type="button" onClick={() => props.onOrder(chosen.name)}>
        {props.before.includes(chosen.name) ? t("Analyse again") : t("Analyse")}
        {props.protocols.length === 1 && `: ${chosen.title}`}
      </button>
      {props.protocols.length > 1 && (
        <select value={chosen.name} onChange={(e) => setName(e.target.value)} aria-label={t("Protocol")}>
          {props.protocols.map((p) => (
            <option key={p.name} value={p.name}>
              {p.title}
            </option>
          ))}
        </select>
      )}
    </span>
  );
}
