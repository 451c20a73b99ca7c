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
  const protocol = props.protocols.find((p) => p.name === name) ?? props.protocols[0];
  if (!protocol) return null;
  return (
    <span className="order">
      <button type="button" onClick={() => props.onOrder(protocol.name)}>
        {props.before.includes(protocol.name) ? t("Analyse again") : t("Analyse")}
        {props.protocols.length === 1 && `: ${protocol.title}`}
      </button>
      {props.protocols.length > 1 && (
        <select value={protocol.name} onChange={(e) => setName(e.target.value)} aria-label={t("Protocol")}>
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
