import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { get, Problem, send } from "./api";
import { ChangedMeanwhile } from "./ChangedMeanwhile";
import { ConclusionField } from "./ConclusionField";
import { t } from "./catalogue";
import { Dialog, FormFooter } from "./Dialog";
import type { HoldPlace } from "./holds";
import { flushPending } from "./pendingdecision";
import { SignHolds, SignReason } from "./SignHolds";
import { SigningSummary } from "./SigningSummary";
import { sameStamps } from "./stamps";
import type { Case, Counts, Report, Signing } from "./types";

/** Meanings of a signature by what the report keeps, whatever the page's language. */
const MEANINGS: Record<string, string> = {
  "Reviewed and approved": t("Reviewed and approved"),
  "Reviewed; comment added": t("Reviewed; comment added"),
  "Approved as a second reader": t("Approved as a second reader"),
};

/** How often the dialog asks whether the counts are still those that it shows. */
const FOLLOW_MS = 2000;

interface Props {
  current: Case;
  /** Of the analysis that is open; null where none is, and the holds themselves say what must be seen. */
  counts: Counts | null;
  onClose(): void;
  onSigned(report: Report): void;
  /** Go where the cells are that a hold names. */
  onSee(place: HoldPlace): void;
}

export function SignDialog({ current, counts, onClose, onSigned, onSee }: Props) {
  const client = useQueryClient();
  const [before] = useState(current);
  const [password, setPassword] = useState("");
  const [meaning, setMeaning] = useState(Object.keys(MEANINGS)[0] ?? "");
  // Until the signer types, the fields show what stands, also where somebody else writes it meanwhile.
  const [typed, setTyped] = useState<{ conclusion?: string; comment?: string }>({});
  const { conclusion, comment } = { conclusion: current.conclusion, comment: current.comment, ...typed };
  const [error, setError] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [reason, setReason] = useState("");
  // What the signer decided just now, on the case's page or in the room, is sent first: it is no hold and no news any more.
  const [sent, setSent] = useState(false);
  useEffect(() => {
    void flushPending().finally(() => setSent(true));
  }, []);
  const signing = useQuery({
    queryKey: ["signing", current.accession, counts?.revision],
    queryFn: () => get<Signing>(`/api/v1/cases/${current.accession}/signing/`),
    // Other slides of the case, and pages without the analysis open, hear nothing of labels.
    refetchInterval: FOLLOW_MS,
    placeholderData: keepPreviousData,
    enabled: sent,
  });
  const stamps = signing.data?.count_stamps;
  const [first, setFirst] = useState(stamps);
  useEffect(() => setFirst((earlier) => earlier ?? stamps), [stamps]);
  const standing = signing.data?.holds ?? [];
  const assays = signing.data?.examinations.map((part) => part.assay) ?? [];
  const forReason = standing.filter((h) => h.lifted_by === "reason");

  async function sign(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      onSigned(
        await send<Report>("POST", `/api/v1/cases/${current.accession}/sign/`, {
          password,
          meaning,
          conclusion,
          comment,
          conclusion_before: current.conclusion,
          comment_before: current.comment,
          reason,
          count_stamps: stamps,
        }),
      );
    } catch (caught) {
      setError(caught instanceof Problem ? caught : new Problem(0, "unknown", String(caught), {}));
      setBusy(false);
      void client.invalidateQueries({ queryKey: ["room", current.accession] });
      void client.invalidateQueries({ queryKey: ["signing", current.accession] });
    }
  }

  return (
    <Dialog title={t("Sign {accession}", { accession: current.accession })} onClose={onClose}>
      <SignHolds standing={standing} counts={counts} onSee={onSee} />
      {signing.isError && (
        <p className="error" role="alert">
          {t("The report to be signed could not be loaded: {reason}", { reason: signing.error.message })}
        </p>
      )}
      {signing.data && <SigningSummary signing={signing.data} />}
      {first && stamps && !sameStamps(first, stamps) && (
        <p className="warn" role="status">
          {t("Somebody has changed cells or analyses since this dialog was opened; the counts above are the new ones.")}
        </p>
      )}
      <form onSubmit={sign}>
        {forReason.length > 0 && <SignReason holds={forReason} reason={reason} onReason={setReason} onSee={onSee} />}
        <ConclusionField
          value={conclusion}
          assays={assays}
          onChange={(text) => setTyped({ ...typed, conclusion: text })}
        />
        <ChangedMeanwhile which="conclusion" before={before.conclusion} now={current.conclusion} />
        {!conclusion.trim() && (
          <p className="warn" role="status">
            {t("No conclusion is written: the report will say so.")}
          </p>
        )}
        <label>
          {t("Comment for the report")}
          <textarea rows={3} value={comment} onChange={(e) => setTyped({ ...typed, comment: e.target.value })} />
        </label>
        <ChangedMeanwhile which="comment" before={before.comment} now={current.comment} />
        <label>
          {t("Meaning of the signature")}
          <select value={meaning} onChange={(e) => setMeaning(e.target.value)}>
            {Object.entries(MEANINGS).map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("Your password")}
          <input
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
        </label>
        {error && (
          <p className="error" role="alert">
            {error.message}
          </p>
        )}
        <p className="soft">
          {t(
            "Signing freezes the counts, the labels and the checksums of slide and cell file in a report and locks the case. AI-assisted; research use only.",
          )}
        </p>
        <FormFooter
          verb={busy ? t("Signing…") : t("Sign")}
          disabled={busy || !password || !stamps}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
