import { t } from "../shared/catalogue";
import { bytes, SPECIMEN_NAMES } from "../shared/format";
import type { Job, ProtocolName, Room, ScaleChange, Schema, Slide } from "../shared/types";
import { Analyses } from "./Analyses";
import { CarriedLabels } from "./CarriedLabels";
import { Identity } from "./Identity";
import { JobLine } from "./JobLine";
import { OrderButton } from "./OrderButton";
import { RemoveSlide } from "./RemoveSlide";
import { Scale } from "./Scale";
import { SiteSelect } from "./SiteSelect";
import { SlideName } from "./SlideName";
import { TilesLine } from "./TilesLine";

const NO_SCHEMA: Schema = { name: "", version: 0, groups: [], classes: [] };
const ACTIVE = ["requested", "queued", "running"];

interface ItemProps {
  slide: Slide;
  title: string;
  schemas: Room["schemas"];
  mayReview: boolean;
  signed: boolean;
  seesIdentity: boolean;
  onDecided(): void;
  accession: string;
  may: boolean;
  protocols: ProtocolName[];
  onOrder(protocol: string): void;
  onRemove(): void;
  /** It has been removed, with its analyses. */
  onRemoved(): void;
  onConvert(): void;
  onColour(colour: string): void;
  onReport(job: Job): void;
  onName(name: string): void;
  onSpecimen(specimen: string): void;
  onSite(site: string | null): void;
  onScale(scale: ScaleChange): Promise<boolean>;
  onJob(job: Job, what: "cancel" | "retry"): void;
}

/** One slide of a case: its facts, its analyses, what may be done with it. */
export function SlideItem(props: ItemProps) {
  const { slide, accession, may, onOrder, onRemove, onConvert, onColour, onJob } = props;
  const protocols = props.protocols.filter((p) => p.specimen === slide.specimen);
  const job = slide.job ?? null;
  const jobs = slide.jobs ?? [];
  const active = jobs.filter((j) => ACTIVE.includes(j.state));
  // A protocol that runs or waits cannot be ordered again; any other can.
  const free = protocols.filter((p) => !active.some((j) => j.protocol === p.name));
  return (
    <li className="slide">
      {slide.status === "ready" ? (
        <a href={`/cases/${accession}/read/#slide=${slide.id}`}>
          <img src={slide.thumbnail_url} alt={t("Thumbnail of {name}", { name: slide.name })} />
        </a>
      ) : (
        <div className="no-thumb">{slide.status === "importing" ? "…" : "✕"}</div>
      )}
      <div>
        <SlideName name={slide.name} title={props.title} may={may} onName={props.onName} />
        <p className="facts">
          <label>
            {t("Specimen:")}{" "}
            <select value={slide.specimen} disabled={!may} onChange={(e) => props.onSpecimen(e.target.value)}>
              {Object.entries(SPECIMEN_NAMES).map(([key, name]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
          </label>{" "}
          <SiteSelect site={slide.site} may={may} onSite={props.onSite} />
        </p>
        {slide.status === "importing" && (
          <p>
            <progress max={100} value={slide.percent} aria-label={t("Import of {name}", { name: slide.name })} />{" "}
            {t("importing {percent} %", { percent: Math.round(slide.percent) })}
          </p>
        )}
        {slide.status === "refused" && (
          <p className="error" role="alert">
            {slide.message}
          </p>
        )}
        {slide.status === "ready" && (
          <p className="facts">
            {t("{width} × {height} px", { width: slide.width, height: slide.height })} · {slide.vendor} ·{" "}
            {bytes(slide.size_bytes)}
          </p>
        )}
        {slide.status === "ready" && slide.notes.length > 0 && (
          <ul className="facts notes" aria-label={t("How it was imported")}>
            {slide.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {slide.status === "ready" && <Identity slide={slide} sees={props.seesIdentity} />}
        {slide.status === "ready" && <Scale slide={slide} job={job} may={may} onScale={props.onScale} />}
        {slide.status === "ready" && <TilesLine slide={slide} may={may} onColour={onColour} />}
        {(active.length ? active : job ? [job] : []).map((j) => (
          <JobLine key={j.id} job={j} onCancel={may ? () => onJob(j, "cancel") : null} />
        ))}
        {jobs
          .filter((j) => j.reported && j.reviewable)
          .map((j) => (
            <CarriedLabels
              key={j.id}
              job={j}
              schema={props.schemas[j.schema] ?? NO_SCHEMA}
              may={props.mayReview}
              onDecided={props.onDecided}
            />
          ))}
        <Analyses jobs={jobs} accession={accession} may={may} signed={props.signed} onReport={props.onReport} />
        <p className="actions">
          {slide.status === "ready" && (
            <a className="button primary" href={`/cases/${accession}/read/#slide=${slide.id}`}>
              {t("Review")}
            </a>
          )}
          {may && slide.status === "ready" && free.length > 0 && (
            <OrderButton
              protocols={free}
              before={jobs.map((j) => j.protocol)}
              last={job?.protocol ?? ""}
              onOrder={onOrder}
            />
          )}
          {may && job?.state === "failed" && (
            <button type="button" onClick={() => onJob(job, "retry")}>
              {t("Retry")}
            </button>
          )}
          {may && convertible(slide) && (
            <button
              type="button"
              onClick={onConvert}
              title={t("Runs in the background and leaves the original unchanged")}
            >
              {t("Convert for fast viewing")}
            </button>
          )}
          {may && slide.status !== "importing" && active.length === 0 && (
            <RemoveSlide slide={slide} name={props.title} onRemove={onRemove} onRemoved={props.onRemoved} />
          )}
        </p>
      </div>
    </li>
  );
}

function convertible(slide: Slide): boolean {
  const decoded = slide.tile_levels.some((level) => !level.stored);
  return slide.status === "ready" && decoded && slide.conversion !== "asked" && slide.conversion !== "running";
}
