import type { MouseEvent } from "react";
import { CellPicture } from "../gallery/CellPicture";
import { carriedText, classesOf, keepText, pictureOf } from "./carried";
import { t } from "./catalogue";
import { Mark } from "./Mark";
import type { CarriedLabel, Schema } from "./types";

interface Props {
  jobId: string;
  label: CarriedLabel;
  schema: Schema;
  may: boolean;
  ticked: boolean;
  onTick(): void;
  onDecide(keep: boolean, event: MouseEvent): void;
  /** Bring the cell into view; absent where there is no slide. */
  onShow: (() => void) | undefined;
}

/** One label that waits: the cell, the class that a person gave it and the machine's now, what to do with it. */
export function WaitingLabel({ jobId, label, schema, may, ticked, onTick, onDecide, onShow }: Props) {
  const { before, now } = carriedText(label, schema);
  const { person, machine } = classesOf(label, schema);
  return (
    <li data-label={label.id}>
      {may && (
        <input
          type="checkbox"
          checked={ticked}
          onChange={onTick}
          aria-label={t("Choose the label {name}", { name: person.name })}
        />
      )}
      <CellPicture src={pictureOf(jobId, label)} alt={t("the cell")} size={64} lazy />
      <div className="waiting-text">
        <p className="waiting-classes">
          {[
            { of: person, by: label.by },
            { of: machine, by: t("machine") },
          ].map(({ of, by }) => (
            <span key={by}>
              {of.cell && <Mark mark={of.cell.mark} colour={of.cell.colour} />} <b>{of.name}</b>{" "}
              <span className="soft">{by}</span>
            </span>
          ))}
        </p>
        <p className="soft">
          {before} {now}
        </p>
      </div>
      <span className="actions">
        {onShow && (
          <button type="button" onClick={onShow}>
            {t("Show")}
          </button>
        )}
        {may && (
          <>
            <button type="button" data-decide="keep" onClick={(event) => onDecide(true, event)}>
              {keepText(label)}
            </button>
            <button type="button" data-decide="drop" onClick={(event) => onDecide(false, event)}>
              {t("Drop the label")}
            </button>
          </>
        )}
      </span>
    </li>
  );
}
