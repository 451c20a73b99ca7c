import { type FormEvent, useState } from "react";
import { send } from "../shared/api";
import { Dialog, FormFooter } from "../shared/Dialog";
import type { Case, Schema } from "../shared/types";
import { KEYS } from "./keys";
import type { PendingConflict } from "./useedits";

export function HelpDialog({ schema, onClose }: { schema: Schema; onClose(): void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
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
    <Dialog title={`Amend ${current.accession}`} onClose={onClose}>
      <form onSubmit={amend}>
        <p>The signed report remains available. The case is reopened, and the next signature creates a new version.</p>
        <label>
          Reason for the amendment
          <textarea rows={3} required minLength={3} value={reason} onChange={(e) => setReason(e.target.value)} />
        </label>
        {error && (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <FormFooter verb="Amend" onCancel={onClose} />
      </form>
    </Dialog>
  );
}

interface ConflictProps {
  conflict: PendingConflict;
  schema: Schema;
  onKeep(): void;
  onOverrule(): void;
}

export function ConflictDialog({ conflict, schema, onKeep, onOverrule }: ConflictProps) {
  const mine =
    conflict.edit.label === null
      ? conflict.edit.action
      : `${conflict.edit.action} as ${schema.classes[conflict.edit.label]?.name}`;
  return (
    <Dialog title="Changed by somebody else" onClose={onKeep}>
      <p>Somebody else has labelled these cells since you last saw them. Your change has not been saved.</p>
      <ul>
        {conflict.conflicts.slice(0, 12).map((c) => (
          <li key={c.row ?? c.added}>
            {c.row === undefined ? "added cell" : `cell ${c.row}`}: {c.state || "cleared"}
            {c.label !== null && c.label !== undefined && ` as ${schema.classes[c.label]?.name}`}, {c.by}
          </li>
        ))}
      </ul>
      <footer>
        <button type="button" onClick={onKeep}>
          Keep theirs
        </button>
        <button type="button" className="primary" onClick={onOverrule}>
          Replace with mine: {mine}
        </button>
      </footer>
    </Dialog>
  );
}
