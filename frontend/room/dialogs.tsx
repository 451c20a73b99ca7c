import { type FormEvent, useState } from "react";
import { send } from "../shared/api";
import { t } from "../shared/catalogue";
import { Dialog, FormFooter } from "../shared/Dialog";
import { ACTION_NAMES, LABEL_STATES } from "../shared/format";
import type { Case, Schema } from "../shared/types";
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

export function AmendDialog({
  current,
  onClose,
  onAmended,
}: {
  current: Case;
  onClose(): void;
  onAmended(c: Case): void;
}) {
  const [reason, setReason] = useState("");
  const [error, setError] = useState("");
  async function amend(event: FormEvent) {
    event.preventDefault();
    try {
      onAmended(await send<Case>("POST", `/api/v1/cases/${current.accession}/amend/`, { reason }));
    } catch (caught) {
      setError(caught instanceof Error ? caught.message : String(caught));
    }
  }
  return (
    <Dialog title={t("Amend {accession}", { accession: current.accession })} onClose={onClose}>
      <form onSubmit={amend}>
        <p>
          {t(
            "The signed report remains available. The case is reopened, and the next signature creates a new version.",
          )}
        </p>
        <label>
          {t("Reason for the amendment")}
          <textarea rows={3} required minLength={3} value={reason} onChange={(e) => setReason(e.target.value)} />
        </label>
        {error && (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <FormFooter verb={t("Amend")} onCancel={onClose} />
      </form>
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
