import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, send } from "../shared/api";
import { bytes, number, SPECIMEN_NAMES, seconds } from "../shared/format";
import { live } from "../shared/socket";
import type { Job, ProtocolName, Room, Slide } from "../shared/types";
import { Analyses } from "./Analyses";
import { bringIn, type Progress } from "./upload";

const ACTIVE = ["requested", "queued", "running"];

/** The slides of a case: brought in, analysed, looked at. */
export function CaseDesk({ first }: { first: Room }) {
  const client = useQueryClient();
  const key = ["room", first.case.accession];
  const accession = first.case.accession;
  const room = useQuery({
    queryKey: key,
    initialData: first,
    queryFn: () => get<Room>(`/api/cases/${accession}/room/`),
  });
  const [problem, setProblem] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: one socket a case
  useEffect(() => {
    const socket = live(
      `/ws/cases/${accession}/`,
      () => void client.invalidateQueries({ queryKey: key }),
      () => void client.invalidateQueries({ queryKey: key }),
    );
    return () => socket.close();
  }, [accession]);
  const data = room.data;
  const may = data.me.rights.includes("annotate") && !data.case.locked;

  async function act(work: () => Promise<unknown>) {
    setProblem("");
    try {
      await work();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    await client.invalidateQueries({ queryKey: key });
  }

  return (
    <>
      {problem && (
        <p className="error" role="alert">
          {problem}
        </p>
      )}
      {data.slides.length === 0 && (
        <p className="empty">No slide yet.{may && " Drop a slide, or the pictures of one, below."}</p>
      )}
      <ul className="slides">
        {data.slides.map((slide) => (
          <SlideItem
            key={slide.id}
            slide={slide}
            accession={accession}
            may={may}
            protocols={data.protocols}
            onOrder={(protocol) => void act(() => send("POST", `/api/slides/${slide.id}/jobs/`, { protocol }))}
            onRemove={() => void act(() => send("DELETE", `/api/slides/${slide.id}/`))}
            onConvert={() => void act(() => send("POST", `/api/slides/${slide.id}/conversion/`))}
            onColour={(colour) => void act(() => send("PATCH", `/api/slides/${slide.id}/`, { colour }))}
            onReport={(job) => void act(() => send("POST", `/api/jobs/${job.id}/choose/`))}
            onSpecimen={(specimen) => void act(() => send("PATCH", `/api/slides/${slide.id}/`, { specimen }))}
            onJob={(job, what) => void act(() => send("POST", `/api/jobs/${job.id}/${what}/`))}
          />
        ))}
      </ul>
      {may && <UploadBox accession={accession} onDone={() => void client.invalidateQueries({ queryKey: key })} />}
    </>
  );
}

/** The laboratory's own protocol first, or the one of the `last` job; where there are more, a list to choose from. */
function OrderButton(props: { protocols: ProtocolName[]; last: string; onOrder(protocol: string): void }) {
  const [name, setName] = useState(props.last);
  const chosen = props.protocols.find((p) => p.name === name) ?? props.protocols[0];
  if (!chosen) return null;
  return (
    <span className="order">
      <button type="button" onClick={() => props.onOrder(chosen.name)}>
        {props.last ? "Analyse again" : "Analyse"}
        {props.protocols.length === 1 && `: ${chosen.title}`}
      </button>
      {props.protocols.length > 1 && (
        <select value={chosen.name} onChange={(e) => setName(e.target.value)} aria-label="Protocol">
          {props.protocols.map((p) => (
            <option key={p.name} value={p.name}>
              {p.title}
            </option>
          ))}
        </select>
      )}
    </span>
  );
}

interface ItemProps {
  slide: Slide;
  accession: string;
  may: boolean;
  protocols: ProtocolName[];
  onOrder(protocol: string): void;
  onRemove(): void;
  onConvert(): void;
  onColour(colour: string): void;
  onReport(job: Job): void;
  onSpecimen(specimen: string): void;
  onJob(job: Job, what: "cancel" | "retry"): void;
}

function SlideItem(props: ItemProps) {
  const { slide, accession, may, onOrder, onRemove, onConvert, onColour, onJob } = props;
  const protocols = props.protocols.filter((p) => p.specimen === slide.specimen);
  const job = slide.job ?? null;
  const active = job !== null && ACTIVE.includes(job.state);
  return (
    <li className="slide">
      {slide.status === "ready" ? (
        <a href={`/cases/${accession}/read/#slide=${slide.id}`}>
          <img src={slide.thumbnail_url} alt={`Thumbnail of ${slide.name}`} />
        </a>
      ) : (
        <div className="no-thumb">{slide.status === "importing" ? "…" : "✕"}</div>
      )}
      <div>
        <h3>{slide.name}</h3>
        <p className="facts">
          <label>
            Specimen:{" "}
            <select value={slide.specimen} disabled={!may} onChange={(e) => props.onSpecimen(e.target.value)}>
              {Object.entries(SPECIMEN_NAMES).map(([key, name]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </p>
        {slide.status === "importing" && (
          <p>
            <progress max={100} value={slide.percent} aria-label={`Import of ${slide.name}`} /> importing{" "}
            {Math.round(slide.percent)} %
          </p>
        )}
        {slide.status === "refused" && (
          <p className="error" role="alert">
            {slide.message}
          </p>
        )}
        {slide.status === "ready" && (
          <p className="facts">
            {number.format(slide.width)} × {number.format(slide.height)} px ·{" "}
            {slide.mpp
              ? `${slide.mpp.toFixed(4)} µm/px (${slide.mpp_source})`
              : "µm/px unknown: measured from red cells"}{" "}
            · {slide.vendor} · {bytes(slide.size_bytes)}
          </p>
        )}
        {slide.status === "ready" && <TilesLine slide={slide} may={may} onColour={onColour} />}
        {job && <JobLine job={job} />}
        <Analyses jobs={slide.jobs ?? []} accession={accession} may={may} onReport={props.onReport} />
        <p className="actions">
          {slide.status === "ready" && (
            <a className="button primary" href={`/cases/${accession}/read/#slide=${slide.id}`}>
              Read
            </a>
          )}
          {may && slide.status === "ready" && !active && protocols.length > 0 && (
            <OrderButton protocols={protocols} last={job?.protocol ?? ""} onOrder={onOrder} />
          )}
          {may && active && job && (
            <button type="button" onClick={() => onJob(job, "cancel")}>
              Cancel
            </button>
          )}
          {may && job?.state === "failed" && (
            <button type="button" onClick={() => onJob(job, "retry")}>
              Retry
            </button>
          )}
          {may && convertible(slide) && (
            <button type="button" onClick={onConvert} title="Made in the background; the original stays as it is">
              Convert for fast viewing
            </button>
          )}
          {may && !job && slide.status !== "importing" && (
            <button type="button" onClick={onRemove}>
              Remove
            </button>
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

/** How the slide's tiles reach the screen, and what happens to its colour profile. */
function TilesLine({ slide, may, onColour }: { slide: Slide; may: boolean; onColour(colour: string): void }) {
  const stored = slide.tile_levels.filter((level) => level.stored).length;
  const why = slide.tile_levels.find((level) => !level.stored)?.why ?? "";
  const running = slide.conversion === "asked" || slide.conversion === "running";
  return (
    <>
      {slide.tile_levels.length > 0 && (
        <p className="facts" title={why}>
          Tiles: {stored} of {slide.tile_levels.length} levels as stored in the file
          {stored < slide.tile_levels.length && `, the rest decoded (${why.replace(/\.$/, "")})`}
        </p>
      )}
      {running && (
        <p>
          <progress max={100} value={slide.conversion_percent} aria-label={`Conversion of ${slide.name}`} /> converting{" "}
          {Math.round(slide.conversion_percent)} %
        </p>
      )}
      {slide.conversion === "failed" && (
        <p className="error" role="alert">
          Not converted: {slide.conversion_message}
        </p>
      )}
      {slide.icc_bytes > 0 && (
        <p className="facts">
          <label>
            Colour profile ({bytes(slide.icc_bytes)}):{" "}
            <select value={slide.colour} disabled={!may} onChange={(e) => onColour(e.target.value)}>
              <option value="stored">left out</option>
              <option value="carried">sent along, applied by the browser</option>
              <option value="applied">applied here (sRGB)</option>
            </select>
          </label>
        </p>
      )}
    </>
  );
}

function JobLine({ job }: { job: Job }) {
  if (job.state === "running")
    return (
      <p>
        <progress max={100} value={job.percent} aria-label="Analysis" /> {Math.round(job.percent)} %
        {job.fields_total > 0
          ? `, field ${job.fields_done} of ${job.fields_total}, ${number.format(job.cells)} cells`
          : `, ${job.phase}`}
        {job.eta_s !== null && `, ${seconds(job.eta_s)} left`}
      </p>
    );
  if (job.state === "requested" || job.state === "queued") return <p>Waiting for a worker.</p>;
  if (job.state === "failed")
    return (
      <p className="error">
        Failed: {job.reason} {job.advice}
      </p>
    );
  return (
    <>
      <p className="facts">
        {job.protocol_title} {job.state}
        {job.partial && " (partial)"}: {number.format(job.cells)} cells in {job.fields_done} fields,{" "}
        {seconds(job.duration_s)}
      </p>
      {[...job.guards.map((g) => g.sentence), ...job.notes].map((note) => (
        <p key={note} className="warn note">
          {note}
        </p>
      ))}
    </>
  );
}

function UploadBox({ accession, onDone }: { accession: string; onDone(): void }) {
  const [files, setFiles] = useState<File[]>([]);
  const [name, setName] = useState("");
  const [mpp, setMpp] = useState("");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState("");
  const [over, setOver] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const total = files.reduce((n, f) => n + f.size, 0);

  function take(list: FileList | null) {
    setProblem("");
    setFiles([...(list ?? [])].filter((f) => !f.name.startsWith(".")));
  }

  async function begin() {
    const scale = mpp.trim() === "" ? null : Number(mpp.replace(",", "."));
    if (scale !== null && !(scale > 0)) {
      setProblem("µm per pixel is a number like 0.25, or left empty.");
      return;
    }
    abort.current = new AbortController();
    setProblem("");
    try {
      await bringIn(files, accession, { name, mpp: scale }, setProgress, abort.current.signal);
      setFiles([]);
      setName("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setProgress(null);
      onDone();
    }
  }

  return (
    <section
      className={`upload${over ? " over" : ""}`}
      aria-label="Bring in a slide"
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        take(e.dataTransfer.files);
      }}
    >
      <h3>Bring in a slide</h3>
      <p className="soft">
        One slide file (SVS, NDPI, MRXS with its files, SCN, BIF, TIFF, DICOM), or all camera pictures of one slide
        (JPEG, PNG, WebP, TIFF). Drop them here or choose:
      </p>
      <p className="actions">
        <label className="button">
          Files…
          <input type="file" multiple className="hidden" onChange={(e) => take(e.target.files)} disabled={!!progress} />
        </label>
        <label className="button">
          Folder…
          <input
            type="file"
            className="hidden"
            disabled={!!progress}
            ref={(element) => element?.setAttribute("webkitdirectory", "")}
            onChange={(e) => take(e.target.files)}
          />
        </label>
      </p>
      {files.length > 0 && (
        <div className="chosen-files">
          <p>
            {files.length === 1 ? files[0]?.name : `${files.length} files as one slide`} · {bytes(total)}
          </p>
          <label>
            Name{" "}
            <input value={name} onChange={(e) => setName(e.target.value)} maxLength={200} placeholder="from the file" />
          </label>
          <label>
            µm per pixel{" "}
            <input
              value={mpp}
              onChange={(e) => setMpp(e.target.value)}
              inputMode="decimal"
              placeholder="if the file does not say"
            />
          </label>
          {progress ? (
            <p>
              <progress max={progress.total} value={progress.sent} aria-label="Upload" />{" "}
              {Math.round((100 * progress.sent) / Math.max(1, progress.total))} % {progress.file}
              <button type="button" onClick={() => abort.current?.abort()}>
                Give up
              </button>
            </p>
          ) : (
            <button type="button" className="primary" onClick={() => void begin()}>
              Upload
            </button>
          )}
        </div>
      )}
      {problem && (
        <p className="error" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
