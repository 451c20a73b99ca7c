import type { Compared } from "../room/usecompare";
import { plural, t } from "../shared/catalogue";
import { certainty } from "../shared/format";
import { Mark } from "../shared/Mark";
import type { GalleryRow, Schema } from "../shared/types";
import { CellPicture } from "./CellPicture";
import { keyOf } from "./keyof";
import { pictureUrl } from "./Picture";
import { TypicalStrip } from "./TypicalStrip";

interface Props {
  jobId: string;
  schema: Schema;
  compared: Compared;
}

/** One chosen cell, or two side by side, above typical cells of a class. */
export function Compare({ jobId, schema, compared }: Props) {
  const { cells, more, cls } = compared;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys too
    <section className="compare" aria-label={t("Compare")} tabIndex={0}>
      {cells.length === 0 && (
        <p className="note">
          {t(
            "Click a cell to compare it with typical ones; Ctrl + click chooses a second. A class’s key, a right-click, or dragging to another row reclassifies.",
          )}
        </p>
      )}
      <div className={`compare-cells of-${cells.length}`}>
        {cells.map((row) => (
          <Side key={keyOf(row)} row={row} jobId={jobId} schema={schema} />
        ))}
      </div>
      {more > 0 && (
        <p className="source">
          {plural(more, "{n} more chosen; the two newest are shown.", "{n} more chosen; the two newest are shown.")}
        </p>
      )}
      {cls !== null && <TypicalStrip jobId={jobId} schema={schema} cls={cls} onClass={compared.setCls} />}
    </section>
  );
}

function Side({ row, jobId, schema }: { row: GalleryRow; jobId: string; schema: Schema }) {
  const cellClass = row.label !== null && row.label >= 0 ? schema.classes[row.label] : undefined;
  const name = row.state === "rejected" ? t("Rejected") : (cellClass?.name ?? t("Unknown"));
  return (
    <figure>
      <CellPicture src={`${pictureUrl(jobId, row)}?size=256`} alt={name} size={164} />
      <figcaption>
        {cellClass && <Mark mark={cellClass.mark} colour={cellClass.colour} />} {name}
        {certainty(row.p) && <small> {certainty(row.p)}</small>}
      </figcaption>
    </figure>
  );
}
