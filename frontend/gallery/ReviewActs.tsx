import type { MouseEvent } from "react";
import { KEY_NAMES } from "../room/keys";
import { keysToGallery } from "../room/usekeys";
import { t } from "../shared/catalogue";
import { isMeant } from "./meant";

/** What is done to the chosen cells by the card's buttons: what the keys do. */
export interface Reviewing {
  /** Why nothing may be labelled; empty where it may. */
  refusal: string;
  /** How many cells are chosen: each button acts on all of them, as the keys do. */
  n: number;
  onConfirm(): void;
  onReject(): void;
  /** Ask for another class. */
  onRename(): void;
  onUndo(): void;
}

interface Props extends Reviewing {
  /** What rejecting is called here; empty where the cell is rejected already. */
  reject?: string;
}

/** Confirm, reject, rename and undo by touch or pointer, each with its key; where nothing may be labelled, the reason. */
export function ReviewActs({ refusal, n, reject = t("Reject"), onConfirm, onReject, onRename, onUndo }: Props) {
  // The following cell comes under the finger at once: the second tap of two would label it unseen.
  const meant = (act: () => void) => (event: MouseEvent) => {
    if (!isMeant(event)) return;
    act();
    keysBack(event);
  };
  const of = (verb: string) => (n > 1 ? t("{verb} ({n})", { verb, n }) : verb);
  return (
    <fieldset className="review-acts" aria-label={t("Review of the chosen cell")} disabled={refusal !== ""}>
      {n > 0 && (
        <>
          <Act verb={of(t("Confirm"))} hint={KEY_NAMES.confirm} onPress={meant(onConfirm)} />
          {reject && <Act verb={of(reject)} hint={KEY_NAMES.reject} onPress={meant(onReject)} />}
          <Act verb={of(t("Rename"))} hint={KEY_NAMES.relabel} onPress={onRename} />
        </>
      )}
      <Act
        verb={t("Undo")}
        hint={KEY_NAMES.undo}
        title={t("Undo your last change (z)")}
        onPress={(event) => {
          onUndo();
          keysBack(event);
        }}
      />
      {refusal && <p className="soft">{refusal}</p>}
    </fieldset>
  );
}

/** What was pressed by pointer or touch must not keep Space and Enter; who went to the button by Tab stays there. */
function keysBack(event: MouseEvent): void {
  if (event.detail > 0) keysToGallery();
}

interface ActProps {
  verb: string;
  hint: string;
  title?: string;
  onPress(event: MouseEvent): void;
}

function Act({ verb, hint, title, onPress }: ActProps) {
  return (
    <button type="button" onClick={onPress} title={title ?? t("{verb} ({key})", { verb, key: hint })}>
      {verb}{" "}
      <span className="key" aria-hidden="true">
        {hint}
      </span>
    </button>
  );
}
