import { type FormEvent, useState } from "react";
import { send } from "./api";
import { t } from "./catalogue";
import { Dialog, FormFooter } from "./Dialog";
import type { Case } from "./types";

/** Why a signed case is opened again. */
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
