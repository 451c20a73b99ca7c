import { plural, t } from "../shared/catalogue";
import { analysisName, SPECIMEN_NAMES, STATE_NAMES, seconds, slideTitle } from "../shared/format";
import { Presence } from "../shared/Presence";
import { themeSign } from "../shared/theme";
import type { Analysis, Job, Room, Slide } from "../shared/types";
import { CaseActions, JobActions, ReportLink } from "./HeaderActions";
import type { Open } from "./RoomDialogs";
import type { useOrders } from "./useorders";
import type { RoomView } from "./useroomview";

interface Props {
  data: Room;
  view: RoomView;
  orders: ReturnType<typeof useOrders>;
  onDialog(open: Open): void;
  onLink(): void;
  /** Show the differential, or the slide again; null while there is none. */
  onDifferential: (() => void) | null;
  tabled: boolean;
  /** Show a second slide or analysis beside the first; null while there is no slide. */
  onBeside: (() => void) | null;
  paired: boolean;
}

const READINGS: Record<Room["me"]["reading"], string> = {
  "": "",
  second: t("Second reading"),
  "second-blind": t("Second reading, blind"),
  consensus: t("Consensus of two readers"),
};

const ACTIVE = new Set(["requested", "queued", "running"]);

/** Which case, which slide, what runs, and what may be done next. */
export function Header({ data, view, orders, onDialog, onLink, onDifferential, tabled, onBeside, paired }: Props) {
  const { job } = view;
  const theme = themeSign();
  const current = data.case;
  const active = job !== null && ACTIVE.has(job.state);
  // Report, comment and signature show the first reading: who reads blind is offered none of them.
  const blind = data.me.reading === "second-blind";
  return (
    <header className="room-head">
      <a href="/" className="brand" title={t("To the worklist")}>
        HemaView
      </a>
      <a href={`/cases/${current.accession}/`} className="accession" title={current.accession}>
        {current.accession}
      </a>
      <span className="what">
        {SPECIMEN_NAMES[current.specimen]} · {current.pseudonym || t("no pseudonym")}
      </span>
      <span className={`state ${current.state}`}>{STATE_NAMES[current.state]}</span>
      {data.me.reading && <span className="state reading-role">{READINGS[data.me.reading]}</span>}
      <Presence accession={current.accession} />
      <SlideAndAnalysis slides={data.slides} view={view} />
      {view.slide && <RegionJobs jobs={view.slide.jobs ?? []} jobId={job?.id ?? ""} onOpen={view.openJob} />}
      <span className="room-job">{job && <JobLine job={job} />}</span>
      {job !== null && !active && job.notes.length + job.guards.length > 0 && (
        <JobNotes notes={[...job.guards.map((g) => g.sentence), ...job.notes]} />
      )}
      <span className="actions">
        <JobActions data={data} view={view} orders={orders} active={active} />
        {onDifferential && (
          <button
            type="button"
            onClick={onDifferential}
            aria-pressed={tabled}
            title={t("White cells in rows (Shift + D)")}
          >
            {t("Differential")}
          </button>
        )}
        {onBeside && (
          <button type="button" onClick={onBeside} aria-pressed={paired} title={t("Side by side (Shift + S)")}>
            ◫
          </button>
        )}
        {!blind && <ReportLink data={data} />}
        <a
          className="button"
          href={`/next-case/?after=${encodeURIComponent(current.accession)}`}
          title={t("The next case that waits for you")}
          aria-label={t("The next case that waits for you")}
        >
          ⇥
        </a>
        <button type="button" onClick={onLink} title={t("Copy a link to this place")}>
          {t("Link")}
        </button>
        <button type="button" data-theme-switch title={theme.name} aria-label={theme.name}>
          {theme.sign}
        </button>
        <button type="button" onClick={() => onDialog("help")} title={t("Keyboard shortcuts (?)")}>
          ?
        </button>
        {!blind && <CaseActions data={data} reviewable={!!job?.reviewable} onDialog={onDialog} />}
      </span>
    </header>
  );
}

/** Analyses of drawn regions that run, or that ended while this one is read. */
function RegionJobs({ jobs, jobId, onOpen }: { jobs: readonly Analysis[]; jobId: string; onOpen(id: string): void }) {
  return jobs
    .filter((j) => j.region && j.id !== jobId && (ACTIVE.has(j.state) || j.reviewable || j.state === "failed"))
    .slice(0, 1)
    .map((j) => (
      <span key={j.id} className="region-job">
        {ACTIVE.has(j.state) ? (
          <>
            {t("Region")} <progress max={100} value={j.percent} aria-label={t("Analysis of the region")} />{" "}
            {Math.round(j.percent)} %
          </>
        ) : j.reviewable ? (
          <button type="button" onClick={() => onOpen(j.id)} title={t("Open the analysis of the region")}>
            {plural(j.cells, "Region: {n} cell", "Region: {n} cells")}
          </button>
        ) : (
          <span className="warn" title={j.reason}>
            {t("Region failed")}
          </span>
        )}
      </span>
    ));
}

/** What a slide is called where it cannot be shown. */
const STATUS_NAMES: Record<Slide["status"], string> = {
  ready: "",
  importing: ` (${t("importing")})`,
  refused: ` (${t("refused")})`,
};

function SlideAndAnalysis({ slides, view }: { slides: Slide[]; view: RoomView }) {
  const { slide, job } = view;
  return (
    <>
      {slides.length > 1 ? (
        <select value={slide?.id} onChange={(e) => view.openSlide(e.target.value)} aria-label={t("Slide")}>
          {slides.map((s, i) => (
            <option key={s.id} value={s.id} disabled={s.status !== "ready"}>
              {slideTitle(s, i)}
              {STATUS_NAMES[s.status]}
            </option>
          ))}
        </select>
      ) : (
        <span className="slide-name" title={slide?.name}>
          {slide && slideTitle(slide, 0)}
        </span>
      )}
      {slide && (slide.jobs?.length ?? 0) > 1 && job && (
        <select value={job.id} onChange={(e) => view.openJob(e.target.value)} aria-label={t("Analysis")}>
          {slide.jobs?.map((j) => (
            <option key={j.id} value={j.id}>
              {analysisName(j)}
              {j.reported ? ` (${t("reported")})` : ""}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

/** What the analysis says of itself: scale, focus, stain. */
function JobNotes({ notes }: { notes: string[] }) {
  return (
    <details className="job-notes">
      <summary title={notes.join("\n")}>{plural(notes.length, "⚠ {n} note", "⚠ {n} notes")}</summary>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}

function JobLine({ job }: { job: Job }) {
  if (job.state === "requested" || job.state === "queued") return <span>{t("waiting to start")}</span>;
  if (job.state === "running") {
    return (
      <span className="progress" title={job.phase}>
        <progress max={100} value={job.percent} aria-label={t("Analysis")} />
        {Math.round(job.percent)} %
        {job.fields_total > 0 &&
          ` · ${t("field {done} of {total}", { done: job.fields_done, total: job.fields_total })} · ${plural(job.cells, "{n} cell", "{n} cells")}`}
        {job.eta_s !== null && ` · ${t("{seconds} left", { seconds: seconds(job.eta_s) })}`}
        {job.fields_total === 0 && ` · ${job.phase}`}
      </span>
    );
  }
  if (job.state === "failed") return <span className="warn">{t("failed: {reason}", { reason: job.reason })}</span>;
  return (
    <span>
      {job.protocol_title}, {plural(job.cells, "{n} cell", "{n} cells")}
      {job.partial && `, ${t("partial (cancelled)")}`}
    </span>
  );
}
