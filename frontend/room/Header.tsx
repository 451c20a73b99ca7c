import { dayTime, number, SPECIMEN_NAMES, STATE_NAMES, seconds, slideTitle } from "../shared/format";
import { themeSign } from "../shared/theme";
import type { Analysis, Job, Room, Slide } from "../shared/types";
import { CaseActions, JobActions, ReportLink } from "./HeaderActions";
import type { Open } from "./RoomDialogs";
import type { Opened } from "./useopened";
import type { useOrders } from "./useorders";

interface Props {
  data: Room;
  opened: Opened;
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
  second: "Second reading",
  "second-blind": "Second reading, blind",
  consensus: "Consensus of two readers",
};

const ACTIVE = new Set(["requested", "queued", "running"]);

/** Which case, which slide, what runs, and what may be done next. */
export function Header({ data, opened, orders, onDialog, onLink, onDifferential, tabled, onBeside, paired }: Props) {
  const { job } = opened;
  const theme = themeSign();
  const current = data.case;
  const active = job !== null && ACTIVE.has(job.state);
  // Report, comment and signature show the first reading: who reads blind is offered none of them.
  const blind = data.me.reading === "second-blind";
  return (
    <header className="room-head">
      <a href="/" className="brand" title="To the worklist">
        HemaView
      </a>
      <a href={`/cases/${current.accession}/`} className="accession" title={current.accession}>
        {current.accession}
      </a>
      <span className="what">
        {SPECIMEN_NAMES[current.specimen]} · {current.pseudonym || "no pseudonym"}
      </span>
      <span className={`state ${current.state}`}>{STATE_NAMES[current.state]}</span>
      {data.me.reading && <span className="state reading-role">{READINGS[data.me.reading]}</span>}
      <SlideAndAnalysis slides={data.slides} opened={opened} />
      {opened.slide && <RegionJobs jobs={opened.slide.jobs ?? []} shown={job?.id ?? ""} onOpen={opened.openJob} />}
      <span className="room-job">{job && <JobLine job={job} />}</span>
      {job !== null && !active && job.notes.length + job.guards.length > 0 && (
        <JobNotes notes={[...job.guards.map((g) => g.sentence), ...job.notes]} />
      )}
      <span className="actions">
        <JobActions data={data} opened={opened} orders={orders} active={active} />
        {onDifferential && (
          <button type="button" onClick={onDifferential} aria-pressed={tabled} title="White cells in rows (Shift + D)">
            Differential
          </button>
        )}
        {onBeside && (
          <button type="button" onClick={onBeside} aria-pressed={paired} title="Side by side (Shift + S)">
            ◫
          </button>
        )}
        {!blind && <ReportLink data={data} />}
        <button type="button" onClick={onLink} title="Copy a link to this place">
          Link
        </button>
        <button type="button" data-theme-switch title={theme.name} aria-label={theme.name}>
          {theme.sign}
        </button>
        <button type="button" onClick={() => onDialog("help")} title="Keyboard shortcuts (?)">
          ?
        </button>
        {!blind && <CaseActions data={data} reviewable={!!job?.reviewable} onDialog={onDialog} />}
      </span>
    </header>
  );
}

/** Analyses of drawn regions that run, or that ended while this one is read. */
function RegionJobs({ jobs, shown, onOpen }: { jobs: readonly Analysis[]; shown: string; onOpen(id: string): void }) {
  return jobs
    .filter((j) => j.region && j.id !== shown && (ACTIVE.has(j.state) || j.reviewable || j.state === "failed"))
    .slice(0, 1)
    .map((j) => (
      <span key={j.id} className="region-job">
        {ACTIVE.has(j.state) ? (
          <>
            Region <progress max={100} value={j.percent} aria-label="Analysis of the region" /> {Math.round(j.percent)}{" "}
            %
          </>
        ) : j.reviewable ? (
          <button type="button" onClick={() => onOpen(j.id)} title="Open the analysis of the region">
            Region: {number.format(j.cells)} cells
          </button>
        ) : (
          <span className="warn" title={j.reason}>
            Region failed
          </span>
        )}
      </span>
    ));
}

/** What a slide is called where it cannot be shown. */
const STATUS_NAMES: Record<Slide["status"], string> = { ready: "", importing: " (importing)", refused: " (refused)" };

function SlideAndAnalysis({ slides, opened }: { slides: Slide[]; opened: Opened }) {
  const { slide, job } = opened;
  return (
    <>
      {slides.length > 1 ? (
        <select value={slide?.id} onChange={(e) => opened.openSlide(e.target.value)} aria-label="Slide">
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
        <select value={job.id} onChange={(e) => opened.openJob(e.target.value)} aria-label="Analysis">
          {slide.jobs?.map((j) => (
            <option key={j.id} value={j.id}>
              {j.assay_title}: {j.protocol_title}, {dayTime(j.requested_at)}
              {j.region ? " (region)" : ""}
              {j.reported ? " (reported)" : ""}
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
      <summary title={notes.join("\n")}>
        ⚠ {notes.length} {notes.length === 1 ? "note" : "notes"}
      </summary>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}

function JobLine({ job }: { job: Job }) {
  if (job.state === "requested" || job.state === "queued") return <span>waiting to start</span>;
  if (job.state === "running") {
    return (
      <span className="progress" title={job.phase}>
        <progress max={100} value={job.percent} aria-label="Analysis" />
        {Math.round(job.percent)} %
        {job.fields_total > 0 &&
          ` · field ${job.fields_done} of ${job.fields_total} · ${number.format(job.cells)} cells`}
        {job.eta_s !== null && ` · ${seconds(job.eta_s)} left`}
        {job.fields_total === 0 && ` · ${job.phase}`}
      </span>
    );
  }
  if (job.state === "failed") return <span className="warn">failed: {job.reason}</span>;
  return (
    <span>
      {job.protocol_title}, {number.format(job.cells)} cells{job.partial ? ", partial (cancelled)" : ""}
    </span>
  );
}
