import { t } from "../shared/catalogue";
import { Dialog } from "../shared/Dialog";
import { ACTION_NAMES, LABEL_STATES } from "../shared/format";
import type { Schema } from "../shared/types";
import { KEYS } from "./keys";
import type { PendingConflict } from "./useedits";

export function HelpDialog({ schema, onClose }: { schema: Schema; onClose(): void }) {
  return (
    <Dialog title={t("Keyboard shortcuts")} onClose={onClose}>
      <div className="keys">
        <dl>
          {KEYS.map((k) => (
            <div key={k.keys}>
              <dt>
                <kbd>{k.keys}</kbd>
              </dt>
              <dd>{k.what}</dd>
            </div>
          ))}
        </dl>
        <dl className="keys-classes">
          {schema.classes.map((c) => (
            <div key={c.key}>
              <dt>
                <kbd>{c.shortcut}</kbd>
              </dt>
              <dd>{c.name}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

/** What was done, and as which class: relabel as Monocyte. */
function asText(what: string, label: number | null, schema: Schema): string {
  return label === null ? what : t("{what} as {name}", { what, name: schema.classes[label]?.name ?? "" });
}

interface ConflictProps {
  conflict: PendingConflict;
  schema: Schema;
  onKeep(): void;
  onOverrule(): void;
}

export function ConflictDialog({ conflict, schema, onKeep, onOverrule }: ConflictProps) {
  const mine = asText(ACTION_NAMES[conflict.edit.action] ?? conflict.edit.action, conflict.edit.label, schema);
  return (
    <Dialog title={t("Changed by somebody else")} onClose={onKeep}>
      <p>{t("Somebody else has labelled these cells since you last saw them. Your change has not been saved.")}</p>
      <ul>
        {conflict.conflicts.slice(0, 12).map((c) => (
          <li key={c.row ?? c.added}>
            {c.row === undefined ? t("added cell") : t("cell {row}", { row: String(c.row) })}:{" "}
            {asText(LABEL_STATES[c.state || "cleared"] ?? c.state, c.label ?? null, schema)}, {c.by}
          </li>
        ))}
      </ul>
      <footer>
        <button type="button" onClick={onKeep}>
          {t("Keep theirs")}
        </button>
        <button type="button" className="primary" onClick={onOverrule}>
          {t("Replace with mine: {mine}", { mine })}
        </button>
      </footer>
    </Dialog>
  );
}
