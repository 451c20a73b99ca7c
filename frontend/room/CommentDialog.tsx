import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { send } from "../shared/api";
import { ChangedMeanwhile } from "../shared/ChangedMeanwhile";
import { t } from "../shared/catalogue";
import { Dialog, FormFooter } from "../shared/Dialog";
import type { Case } from "../shared/types";

/** The comment that the report will carry, written at any time before the signature. */
export function CommentDialog({ current, onClose, onSaved }: { current: Case; onClose(): void; onSaved(): void }) {
  const client = useQueryClient();
  const [comment, setComment] = useState(current.comment);
  const [before] = useState(current.comment);
  const [problem, setProblem] = useState("");
  async function save(event: FormEvent) {
    event.preventDefault();
    try {
      await send<Case>("POST", `/api/v1/cases/${current.accession}/comment/`, {
        comment,
        before: current.comment,
      });
      onSaved();
    } catch (caught) {
      setProblem(caught instanceof Error ? caught.message : String(caught));
      void client.invalidateQueries({ queryKey: ["room", current.accession] });
    }
  }
  return (
    <Dialog title={t("Comment on {accession}", { accession: current.accession })} onClose={onClose}>
      <form onSubmit={save}>
        <label>
          {t("Comment for the report")}
          <textarea rows={7} value={comment} onChange={(e) => setComment(e.target.value)} />
        </label>
        <ChangedMeanwhile which="comment" before={before} now={current.comment} />
        {problem && (
          <p className="error" role="alert">
            {problem}
          </p>
        )}
        <FormFooter verb={t("Save")} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
