import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { createPortal } from "react-dom";
import { get, send } from "../shared/api";
import { plural, t } from "../shared/catalogue";
import { Dialog, FormFooter } from "../shared/Dialog";
import type { Loss } from "../shared/types";
import { sameLoss } from "./loss";

/** How often the dialog asks whether more would go than it says. */
const FOLLOW_MS = 2000;

interface Props {
  title: string;
  /** Where what would go is asked for, and the removal sent to. */
  at: string;
  verb: string;
  /** An accession number that must be typed once more; empty: none. */
  confirm?: string;
  onClose(): void;
  onRemoved(): void;
}

/** What would go for good, why, and that it goes; says why not where it cannot be removed. */
export function RemovalDialog({ title, at, verb, confirm = "", onClose, onRemoved }: Props) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const client = useQueryClient();
  const key = ["loss", at];
  const loss = useQuery({
    queryKey: key,
    queryFn: () => get<Loss>(at),
    retry: false,
    gcTime: 0,
    refetchInterval: FOLLOW_MS,
  });
  const refusal = error || (loss.error ? loss.error.message : "");

  async function remove(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      // Somebody may have labelled cells since the numbers were read: nobody removes what they were not told of.
      const now = await get<Loss>(at);
      if (!sameLoss(now, loss.data)) {
        client.setQueryData(key, now);
        setError(t("Other people have worked here since; look at the new numbers before you remove it."));
        setBusy(false);
        return;
      }
      await send<Loss>("POST", at, confirm ? { reason, accession: typed.trim() } : { reason });
      onRemoved();
    } catch (caught) {
      setError(caught instanceof Error ? caught.message : String(caught));
      setBusy(false);
    }
  }

  // Beside the page: its buttons stand within a paragraph, which holds no form.
  return createPortal(
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={remove}>
        {loss.data && <WhatGoes loss={loss.data} whole={confirm !== ""} />}
        {loss.data && (
          <label>
            {t("Reason")}
            <textarea rows={2} required maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
          </label>
        )}
        {loss.data && confirm && (
          <label>
            {t("Type {accession} to confirm", { accession: confirm })}
            <input required autoComplete="off" value={typed} onChange={(e) => setTyped(e.target.value)} />
          </label>
        )}
        {refusal && (
          <p className="error" role="alert">
            {refusal}
          </p>
        )}
        <FormFooter
          verb={verb}
          disabled={
            busy || !loss.data || loss.isError || !reason.trim() || (confirm !== "" && typed.trim() !== confirm)
          }
          onCancel={onClose}
        />
      </form>
    </Dialog>,
    document.body,
  );
}

function WhatGoes({ loss, whole }: { loss: Loss; whole: boolean }) {
  const parts = [
    whole && loss.slides ? plural(loss.slides, "{n} slide", "{n} slides") : "",
    loss.analyses ? plural(loss.analyses, "{n} analysis", "{n} analyses") : "",
    loss.labels ? plural(loss.labels, "{n} cell labelled by people", "{n} cells labelled by people") : "",
    loss.comments ? plural(loss.comments, "{n} comment on a cell", "{n} comments on cells") : "",
    loss.annotations ? plural(loss.annotations, "{n} note on the slide", "{n} notes on slides") : "",
  ].filter(Boolean);
  return (
    <>
      {parts.length > 0 ? (
        <>
          <p>{t("This removes for good, with all files that HemaView keeps of it:")}</p>
          <ul>
            {parts.map((part) => (
              <li key={part}>{part}</li>
            ))}
          </ul>
        </>
      ) : (
        <p>{t("Nothing has been found or written here yet. It is removed for good.")}</p>
      )}
      <p>{t("The audit record keeps who removed it, when, and why.")}</p>
    </>
  );
}
