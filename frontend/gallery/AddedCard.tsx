import type { Notes } from "../room/usenotes";
import { t } from "../shared/catalogue";
import { dayTime } from "../shared/format";
import { Mark } from "../shared/Mark";
import type { AddedCell, Schema } from "../shared/types";
import { CellNotes } from "./CellNotes";
import { CellPicture } from "./CellPicture";
import { pictureUrl } from "./Picture";

interface Props {
  cell: AddedCell;
  jobId: string;
  schema: Schema;
  notes: Notes;
  mayWrite: boolean;
  canReview: boolean;
  commenting: number;
  onGo(): void;
  onRemove(): void;
  onUndo(): void;
}

/** Everything about a chosen cell that a person added: picture, class, who and when, notes, and the way back. */
export function AddedCard(props: Props) {
  const { cell, schema, notes, mayWrite, canReview, commenting } = props;
  const label = cell.label === null || cell.label < 0 ? undefined : schema.classes[cell.label];
  const name = { row: null, added: cell.id };
  const sent = !cell.id.startsWith("waiting ");
  return (
    <aside className="card" aria-label={t("Chosen cell")}>
      <div className="card-top">
        <button type="button" className="card-picture" onClick={props.onGo} title={t("Show on the slide (g)")}>
          {sent && (
            <CellPicture
              key={cell.id}
              src={`${pictureUrl(props.jobId, name)}?size=192`}
              alt={label?.name ?? t("rejected cell")}
              size={116}
            />
          )}
        </button>
        <div>
          <h3>
            {label && <Mark mark={label.mark} colour={label.colour} />} {label?.name ?? t("Rejected")}
          </h3>
          <p className="machine">{t("A person added this cell; what the machine has there is counted beside it.")}</p>
          <p className="machine">
            {cell.added_at
              ? t("added by {who}, {when}", { who: cell.added_by ?? "", when: dayTime(cell.added_at) })
              : t("waits to be sent to the server")}
          </p>
          {changedSince(cell) && cell.at && (
            <p className="machine">{t("last changed by {who}, {when}", { who: cell.by, when: dayTime(cell.at) })}</p>
          )}
          {canReview && sent && (
            <p className="cell-notes-acts">
              {cell.state !== "rejected" && (
                <button type="button" onClick={props.onRemove} title={t("Take this cell away (Backspace)")}>
                  {t("Remove this cell")}
                </button>
              )}
              <button type="button" onClick={props.onUndo} title={t("Undo your last change (z)")}>
                {t("Undo")}
              </button>
            </p>
          )}
        </div>
      </div>
      {sent && <CellNotes key={cell.id} cell={name} notes={notes} mayWrite={mayWrite} asked={commenting} />}
    </aside>
  );
}

/** Whether somebody has said more of the cell than its class when it was added. */
function changedSince(cell: AddedCell): boolean {
  return !!cell.at && !!cell.added_at && Date.parse(cell.at) - Date.parse(cell.added_at) > AT_ONCE_MS;
}

const AT_ONCE_MS = 2000;
