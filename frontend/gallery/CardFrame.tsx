import type { ReactNode } from "react";
import type { Notes } from "../room/usenotes";
import { t } from "../shared/catalogue";
import { Mark } from "../shared/Mark";
import type { CellClass } from "../shared/types";
import { CellNotes } from "./CellNotes";
import { CellPicture } from "./CellPicture";
import { type CellName, keyOf } from "./keyof";
import type { Reviewing } from "./ReviewActs";

/** What the card of any chosen cell takes. */
export interface CardActs {
  notes: Notes;
  mayWrite: boolean;
  commenting: { waits: boolean; onOpened(): void };
  reviewing: Reviewing;
  onGo(): void;
}

interface Props extends Omit<CardActs, "reviewing"> {
  cell: CellName;
  /** Where its picture is; empty: not known to the server yet, so that it has no notes either. */
  picture: string;
  /** Its class now; undefined where it was rejected. */
  label: CellClass | undefined;
  /** What may be done to it. */
  acts: ReactNode;
  /** Beside the picture, under the name. */
  facts: ReactNode;
  /** Beside what may be noted of it. */
  more?: ReactNode;
  /** Under the notes. */
  children?: ReactNode;
}

/** The card of a chosen cell, whoever saw it first: picture, class, what is known of it, notes. */
export function CardFrame(props: Props) {
  const { cell, picture, label, acts, facts, more, children, notes, mayWrite, commenting, onGo } = props;
  return (
    <aside className="card" aria-label={t("Chosen cell")}>
      {acts}
      <div className="card-top">
        <button type="button" className="card-picture" onClick={onGo} title={t("Show on the slide (g)")}>
          {picture && (
            <CellPicture key={picture} src={`${picture}?size=192`} alt={label?.name ?? t("rejected cell")} size={116} />
          )}
        </button>
        <div>
          <h3>
            {label && <Mark mark={label.mark} colour={label.colour} />} {label?.name ?? t("Rejected")}
          </h3>
          {facts}
        </div>
      </div>
      {picture && (
        <CellNotes
          key={`${notes.job} ${keyOf(cell)}`}
          cell={cell}
          notes={notes}
          mayWrite={mayWrite}
          requested={commenting.waits}
          onOpened={commenting.onOpened}
          more={more}
        />
      )}
      {children}
    </aside>
  );
}
