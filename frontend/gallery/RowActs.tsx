import type { RefObject } from "react";
import { t } from "../shared/catalogue";
import type { CellClass } from "../shared/types";
import type { RowProps } from "./ClassRow";
import { isMeant } from "./meant";
import { onScreen } from "./onscreen";

interface Props extends Pick<RowProps, "group" | "canReview" | "onTypical" | "onConfirm" | "onName"> {
  /** Where the pictures of the row are. */
  cells: RefObject<HTMLElement | null>;
  /** What cells without a name are likeliest to be. */
  perhaps: CellClass | undefined;
}

/** What can be done to the cells of a row that are on screen. */
export function RowActs({ group, canReview, cells, perhaps, onTypical, onConfirm, onName }: Props) {
  return (
    <span className="row-acts">
      <button
        type="button"
        onClick={() => onTypical(perhaps?.index ?? group.cell.index)}
        title={t("Show typical cells of this class")}
      >
        {t("Typical")}
      </button>
      {canReview && group.perhaps === undefined && (
        <button type="button" onClick={(e) => cells.current && isMeant(e) && onConfirm(onScreen(cells.current))}>
          {t("Confirm those on screen")}
        </button>
      )}
      {canReview && perhaps && (
        <button
          type="button"
          onClick={(e) => cells.current && isMeant(e) && onName(onScreen(cells.current), perhaps.index)}
          title={t("Look at each first. Cells whose pictures are on screen now are given this class; z undoes it.")}
        >
          {t("Name those on screen {name}", { name: perhaps.name })}
        </button>
      )}
    </span>
  );
}
