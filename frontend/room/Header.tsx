import { dayTime, STATE_NAMES, seconds } from "../shared/format";
import type { Analysis, Job, Room, Slide } from "../shared/types";

interface Props {
  data: Room;
  slide: Slide | null;
  slides: Slide[];
  job: Analysis | null;
  onSlide(id: string): void;
  onAnalysis(id: string): void;
  onReport(): void;
  onOrder(protocol: string): void;
  onCancel(): void;
  onRetry(): void;
  onSign(): void;
  onAmend(): void;
  onHelp(): void;
  onLink(): void;
}

const ACTIVE = new Set(["requested", "queued", "running"]);

/** Which case, which slide, what runs, and what may be done next. */
export function Header(props: Props) {
  const { data, slide, job } = props;
  const rights = data.me.rights;
  const current = data.case;
  const active = job !== null && ACTIVE.has(job.state);
  const mayOrder = rights.includes("annotate") && !current.locked && slide !== null && !active;
  const report = data.reports[0];
  return (
    <header className="room-head">
      <a href="/" className="brand" title="To the worklist">
        HemaView
      </a>
      <a href={`/cases/${current.accession}/`} className="accession">
        {current.accession}
      </a>
      <span className="what">
        {current.specimen.replace("-", " ")} · {current.pseudonym || "no pseudonym"}
      </span>
      <span className={`state ${current.state}`}>{STATE_NAMES[current.state]}</span>
      {props.slides.length > 1 ? (
        <select value={slide?.id} onChange={(e) => props.onSlide(e.target.value)} aria-label="Slide">
          {props.slides.map((s) => (
            <option key={s.id} value={s.id}>
              {s.name}
            </option>
          ))}
        </select>
      ) : (
        <span className="slide-name">{slide?.name}</span>
      )}
      {slide && (slide.jobs?.length ?? 0) > 1 && job && (
        <select value={job.id} onChange={(e) => props.onAnalysis(e.target.value)} aria-label="Analysis">
          {slide.jobs?.map((j) => (
            <option key={j.id} value={j.id}>
              {j.assay_title}: {j.protocol_title}, {dayTime(j.requested_at)}
              {j.reported ? " (reported)" : ""}
            </option>
          ))}
        </select>
      )}
      <span className="room-job">{job && <JobLine job={job} />}</span>
      {job !== null && !active && job.notes.length + job.guards.length > 0 && (
        <JobNotes notes={[...job.guards.map((g) => g.sentence), ...job.notes]} />
      )}
      <span className="actions">
        {active && rights.includes("annotate") && (
          <button type="button" onClick={props.onCancel}>
            Cancel
          </button>
        )}
        {job && !active && (job.state === "failed" || (job.state === "cancelled" && !job.reviewable)) && mayOrder && (
          <button type="button" onClick={props.onRetry}>
            Retry
          </button>
        )}
        {job?.reviewable && !job.reported && rights.includes("review") && !current.locked && (
          <button type="button" onClick={props.onReport} title={stake(job)}>
            Report this one
          </button>
        )}
        {mayOrder && !job && data.protocols[0] && (
          <button type="button" className="primary" onClick={() => props.onOrder(data.protocols[0]?.name ?? "")}>
            Analyse
          </button>
        )}
        {report ? (
          <a className="button" href={report.pdf_url ?? report.html_url} target="_blank" rel="noreferrer">
            Report v{report.version}
          </a>
        ) : (
          <a className="button" href={`/cases/${current.accession}/report/`} target="_blank" rel="noreferrer">
            Draft
          </a>
        )}
        <button type="button" onClick={props.onLink} title="Copy a link to this place">
          Link
        </button>
        <button type="button" onClick={props.onHelp} title="Keys (?)">
          ?
        </button>
        {rights.includes("sign") && !current.locked && (
          <button type="button" className="primary" onClick={props.onSign} disabled={!job?.reviewable}>
            Sign…
          </button>
        )}
        {rights.includes("sign") && current.locked && (
          <button type="button" onClick={props.onAmend}>
            Amend…
          </button>
        )}
      </span>
    </header>
  );
}

function stake(job: Analysis): string {
  const n = job.labels_at_stake;
  if (!n) return "Its cells are counted and reported in place of those of the other analysis";
  return `Its cells are reported; ${n} ${n === 1 ? "label is" : "labels are"} carried over from the other analysis`;
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
  if (job.state === "requested" || job.state === "queued") return <span>waiting for a worker</span>;
  if (job.state === "running") {
    return (
      <span className="progress" title={job.phase}>
        <progress max={100} value={job.percent} aria-label="Analysis" />
        {Math.round(job.percent)} %
        {job.fields_total > 0 && ` · field ${job.fields_done} of ${job.fields_total} · ${job.cells} cells`}
        {job.eta_s !== null && ` · ${seconds(job.eta_s)} left`}
        {job.fields_total === 0 && ` · ${job.phase}`}
      </span>
    );
  }
  if (job.state === "failed") return <span className="warn">failed: {job.reason}</span>;
  return (
    <span>
      {job.protocol_title}, {job.cells} cells{job.partial ? ", partial (cancelled)" : ""} · {seconds(job.duration_s)}
    </span>
  );
}
