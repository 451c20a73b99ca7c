import { AddedCard } from "../gallery/AddedCard";
import { CellCard } from "../gallery/CellCard";
import { Compare } from "../gallery/Compare";
import { Gallery } from "../gallery/Gallery";
import { t } from "../shared/catalogue";
import type { AddedCell, Analysis, Counts, GalleryRow, Schema } from "../shared/types";
import type { useActs } from "./acts";
import type { useCard } from "./usecard";
import type { Compared } from "./usecompare";
import type { useGallery, Which } from "./usegallery";
import type { Notes } from "./usenotes";

interface Props {
  /** The differential shows the cells: the gallery would show them twice. */
  tabled: boolean;
  hasSlide: boolean;
  job: Analysis | null;
  schema: Schema;
  gallery: ReturnType<typeof useGallery>;
  acts: ReturnType<typeof useActs>;
  chosen: ReturnType<typeof useCard>;
  /** The chosen cell where a person added it. */
  added: AddedCell | null;
  onRemove(): void;
  onUndo(): void;
  canReview: boolean;
  compared: Compared;
  notes: Notes;
  mayWrite: boolean;
  commenting: number;
  onGo(row: GalleryRow | null): void;
  onGoToCard(): void;
  onLike(): void;
  counts: Counts | null;
}

/** How many cells of a class are counted; null for other lists, and for classes of which nothing is counted. */
function countedOf(counts: Counts | null, which: Which): number | null {
  const rows = counts?.sections.flatMap((s) => s.rows) ?? [];
  return rows.find((r) => r.class === which)?.reviewed.count ?? null;
}

/** The gallery and the card of the chosen cell. */
export function Side(props: Props) {
  const { tabled, hasSlide, job, schema, gallery, acts, chosen, canReview, onGo, onGoToCard } = props;
  const { which, query, rows } = gallery;
  const mustSee = which === "must-see";
  const title = typeof which === "number" ? (schema.classes[which]?.name ?? t("Cells")) : TITLES[which];
  return (
    <div className="side">
      {tabled && job ? (
        <Compare jobId={job.id} schema={schema} compared={props.compared} />
      ) : job?.reviewable ? (
        <Gallery
          title={title}
          jobId={job.id}
          schema={schema}
          rows={rows}
          total={query.data?.n ?? null}
          counted={countedOf(props.counts, which)}
          remark={query.data?.alike_by === "answers" ? NOT_BY_LOOKS : ""}
          loading={query.isPending}
          error={query.isError ? query.error.message : ""}
          empty={typeof which === "number" ? t("No cell has this class.") : EMPTY[which]}
          notes={props.notes}
          chosen={acts.chosen}
          current={acts.current}
          view={mustSee || which === "alike" ? null : gallery.view}
          size={gallery.size}
          onView={gallery.setView}
          onSize={gallery.setSize}
          onChoose={acts.choose}
          onGo={(i) => onGo(rows[i] ?? null)}
          onConfirm={canReview && !mustSee ? (keys) => void acts.confirm(keys) : null}
          onColumns={gallery.setColumns}
          onMore={gallery.more}
        />
      ) : (
        <section className="gallery">
          <p className="note">{whyEmpty(job, hasSlide)}</p>
        </section>
      )}
      {props.added && job ? (
        <AddedCard
          cell={props.added}
          jobId={job.id}
          schema={schema}
          notes={props.notes}
          mayWrite={props.mayWrite}
          canReview={canReview}
          commenting={props.commenting}
          onGo={onGoToCard}
          onRemove={props.onRemove}
          onUndo={props.onUndo}
        />
      ) : (
        <CellCard
          {...chosen}
          schema={schema}
          notes={props.notes}
          mayWrite={props.mayWrite}
          commenting={props.commenting}
          onGo={onGoToCard}
          onLike={props.onLike}
        />
      )}
    </div>
  );
}

type Named = Exclude<Which, number>;

const TITLES: Record<Named, string> = {
  "must-see": t("Must be seen"),
  all: t("All cells"),
  outlined: t("Lasso"),
  alike: t("Most like the chosen cell"),
  comment: t("Commented"),
  teach: t("To teach with"),
};
const NOT_BY_LOOKS = t(
  "How this cell looks was not stored with the analysis: cells are compared by the models' answers and by measurements.",
);
const EMPTY: Record<Named, string> = {
  "must-see": t("Nothing is left: every cell that must be seen has been reviewed."),
  all: t("This analysis has no cells."),
  outlined: t("No marked cell lies within the outline."),
  alike: t("This analysis has no cells."),
  comment: t("No cell of this analysis has a comment."),
  teach: t("No cell of this analysis is marked to teach with. Choose one and press Shift + E."),
};

function whyEmpty(job: Analysis | null, hasSlide: boolean): string {
  if (!hasSlide) return t("Cells appear here once a slide has been added and analysed.");
  if (job === null) return t("This slide has not been analysed. Order an analysis above; its cells will appear here.");
  if (job.state === "failed")
    return t("The analysis failed. {reason} {advice}", { reason: job.reason, advice: job.advice });
  return t("Cells appear on the slide as fields are completed; the gallery opens when the analysis is complete.");
}
