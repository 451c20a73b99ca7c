import { uponText } from "../room/cellatplace";
import type { Labels } from "../room/labels";
import { t } from "../shared/catalogue";
import { dayTime } from "../shared/format";
import type { AddedCell, Schema } from "../shared/types";
import { type CardActs, CardFrame } from "./CardFrame";
import type { CellName } from "./keyof";
import { pictureUrl } from "./Picture";
import { ReviewActs } from "./ReviewActs";

interface Props extends CardActs {
  cell: AddedCell;
  labels: Labels;
  jobId: string;
  schema: Schema;
  onChoose(cell: CellName): void;
}

/** Everything about a chosen cell that a person added: picture, class, who and when, notes, and the way back. */
export function AddedCard({ cell, labels, jobId, schema, reviewing, onChoose, ...acts }: Props) {
  const label = cell.label === null || cell.label < 0 ? undefined : schema.classes[cell.label];
  const name = { row: null, added: cell.id };
  const isSaved = !cell.id.startsWith("waiting ");
  const { upon } = cell;
  const facts = (
    <>
      <p className="machine">{t("A person added this cell.")}</p>
      {isSaved && (
        <p className={upon ? "must-note" : "machine"}>
          {uponText(cell, labels, schema)}{" "}
          {upon && (
            <button type="button" className="quiet" onClick={() => onChoose({ row: upon.row, added: upon.added })}>
              {t("Choose that one")}
            </button>
          )}
        </p>
      )}
      {cell.cut && (
        <p className="machine">{t("extends beyond the edge of the picture; counted, because a person named it")}</p>
      )}
      <p className="machine">
        {cell.added_at
          ? t("added by {who}, {when}", { who: cell.added_by ?? "", when: dayTime(cell.added_at) })
          : t("waits to be sent to the server")}
      </p>
      {changedSince(cell) && cell.at && (
        <p className="machine">{t("last changed by {who}, {when}", { who: cell.by, when: dayTime(cell.at) })}</p>
      )}
    </>
  );
  return (
    <CardFrame
      {...acts}
      cell={name}
      picture={isSaved ? pictureUrl(jobId, name) : ""}
      label={label}
      acts={isSaved && <ReviewActs {...reviewing} reject={cell.state === "rejected" ? "" : t("Remove this cell")} />}
      facts={facts}
    />
  );
}

/** Whether somebody has said more of the cell than its class when it was added. */
function changedSince(cell: AddedCell): boolean {
  return !!cell.at && !!cell.added_at && Date.parse(cell.at) - Date.parse(cell.added_at) > AT_ONCE_MS;
}

const AT_ONCE_MS = 2000;
