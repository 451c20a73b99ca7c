import type { ReactNode } from "react";
import { Compare } from "../gallery/Compare";
import { Gallery } from "../gallery/Gallery";
import { countedNote, endNote, leftNote } from "../gallery/listnote";
import { t } from "../shared/catalogue";
import type { Analysis, Counts, GalleryPage, GalleryRow, Schema } from "../shared/types";
import type { useActs } from "./acts";
import type { Compared } from "./usecompare";
import { mostOf, type useGallery, type Which } from "./usegallery";
import type { Notes } from "./usenotes";

interface Props {
  /** The differential shows the cells: the gallery would show them twice. */
  tabled: boolean;
  hasSlide: boolean;
  job: Analysis | null;
  schema: Schema;
  gallery: ReturnType<typeof useGallery>;
  acts: ReturnType<typeof useActs>;
  canReview: boolean;
  compared: Compared;
  notes: Notes;
  onGo(row: GalleryRow | null): void;
  /** The card of the chosen cell. */
  card: ReactNode;
  counts: Counts | null;
}

/** What has to be known of a list: why it holds another number than stands beside its name, and where it ends. */
function noteOf(counts: Counts | null, schema: Schema, which: Which, page: GalleryPage | undefined): string {
  const end = page && which !== "alike" ? endNote(page.n, mostOf(which)) : ""; // of cells alike, those at the end hardly are
  return [numberNote(counts, schema, which, page), end].filter(Boolean).join("; ");
}

/** Why the list holds another number than the one beside its name in the list of classes; what its cells are compared by, where
 * that is not how they look. */
function numberNote(counts: Counts | null, schema: Schema, which: Which, page: GalleryPage | undefined): string {
  if (page?.alike_by === "answers") return NOT_BY_LOOKS;
  const total = page?.n ?? null;
  if (!counts || total === null) return "";
  if (which === "must-see") return leftNote(total, counts.must_see.open);
  const cell = typeof which === "number" ? schema.classes[which] : undefined;
  if (!cell) return "";
  const inSections = counts.sections.flatMap((s) => s.rows).find((r) => r.class === cell.index)?.reviewed.count;
  const outside = counts.outside.find((r) => r.class === cell.index)?.count;
  return countedNote(total, inSections ?? outside ?? 0, counts.accounts[cell.key]);
}

/** The gallery and the card of the chosen cell. */
export function Side(props: Props) {
  const { tabled, hasSlide, job, schema, gallery, acts, canReview, onGo } = props;
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
          note={noteOf(props.counts, schema, which, query.data)}
          loading={query.isPending}
          error={query.isError ? query.error.message : ""}
          empty={typeof which === "number" ? t("No cell has this class.") : EMPTY[which]}
          notes={props.notes}
          selection={acts.selection}
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
      {props.card}
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
  teach: t("Teaching set"),
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
  teach: t("No cell of this analysis is marked for teaching. Choose one and press Shift + E."),
};

function whyEmpty(job: Analysis | null, hasSlide: boolean): string {
  if (!hasSlide) return t("Cells appear here once a slide has been added and analysed.");
  if (job === null) return t("This slide has not been analysed. Order an analysis above; its cells will appear here.");
  if (job.state === "failed")
    return t("The analysis failed. {reason} {advice}", { reason: job.reason, advice: job.advice });
  return t("Cells appear on the slide as fields are completed; the gallery opens when the analysis is complete.");
}
