import { useQueryClient } from "@tanstack/react-query";
import { AmendDialog } from "../shared/AmendDialog";
import { t } from "../shared/catalogue";
import type { HoldPlace } from "../shared/holds";
import { SignDialog } from "../shared/SignDialog";
import type { Case, Counts, Schema } from "../shared/types";
import { CommentDialog } from "./CommentDialog";
import { ConflictDialog, HelpDialog } from "./dialogs";
import type { Session } from "./session";

export type Open = "" | "help" | "sign" | "amend" | "comment";

interface Props {
  open: Open;
  current: Case;
  counts: Counts | null;
  schema: Schema;
  session: Session;
  onClose(): void;
  onSee(place: HoldPlace): void;
  say(text: string): void;
}

/** The dialog that is open, and the question that comes up where somebody else was quicker. */
export function RoomDialogs({ open, current, counts, schema, session, onClose, onSee, say }: Props) {
  const client = useQueryClient();
  const { conflict, setConflict } = session.edits;
  const finish = (text: string) => {
    onClose();
    say(text);
    void client.invalidateQueries({ queryKey: ["room", current.accession] });
  };
  return (
    <>
      {open === "help" && <HelpDialog schema={schema} onClose={onClose} />}
      {open === "comment" && (
        <CommentDialog current={current} onClose={onClose} onSaved={() => finish(t("The comment has been saved."))} />
      )}
      {open === "sign" && (
        <SignDialog
          current={current}
          counts={counts}
          onClose={onClose}
          onSee={onSee}
          onSigned={(report) => finish(t("Signed as version {version}.", { version: report.version }))}
        />
      )}
      {open === "amend" && (
        <AmendDialog current={current} onClose={onClose} onAmended={() => finish(t("The case is open again."))} />
      )}
      {conflict && (
        <ConflictDialog
          conflict={conflict}
          schema={schema}
          onKeep={() => setConflict(null)}
          onOverrule={() => {
            const { action, rows, added, label, shown } = conflict.edit;
            setConflict(null);
            void session.label(action, { rows, added }, label, { seen: conflict.revision, shown });
          }}
        />
      )}
    </>
  );
}
