import { useRef, useState } from "react";
import { bytes } from "../shared/format";
import { makeSlide, type Progress, type Series, sendFiles } from "./upload";

/** Where slides are dropped or chosen, with what the file may not say itself. */
export function UploadBox({ accession, onDone }: { accession: string; onDone(): void }) {
  const [files, setFiles] = useState<File[]>([]);
  const [name, setName] = useState("");
  const [mpp, setMpp] = useState("");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState("");
  const [uploads, setUploads] = useState<string[]>([]);
  const [series, setSeries] = useState<Series[]>([]);
  const [chosen, setChosen] = useState(0);
  const [over, setOver] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const total = files.reduce((n, f) => n + f.size, 0);

  function take(list: FileList | null) {
    setProblem("");
    setSeries([]);
    setUploads([]);
    setFiles([...(list ?? [])].filter((f) => !f.name.startsWith(".")));
  }

  async function begin() {
    const scale = mpp.trim() === "" ? null : Number(mpp.replace(",", "."));
    if (scale !== null && !(scale > 0)) {
      setProblem("Enter µm/px as a number such as 0.25, or leave the field empty.");
      return;
    }
    abort.current = new AbortController();
    setProblem("");
    try {
      const sent = series.length ? uploads : await sendFiles(files, accession, setProgress, abort.current.signal);
      const made = await makeSlide(accession, sent, { name, mpp: scale, ...(series.length ? { series: chosen } : {}) });
      if (Array.isArray(made)) {
        setUploads(sent);
        setSeries(made);
        setChosen(made[0]?.number ?? 1);
        return;
      }
      setFiles([]);
      setSeries([]);
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
      aria-label="Add a slide"
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
      <h3>Add a slide</h3>
      <p className="soft">
        One slide file (SVS, NDPI, MRXS with its files, SCN, BIF, TIFF, DICOM), or all photographs of one slide (JPEG,
        PNG, WebP, TIFF). Drop the files here or choose them:
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
            Name <input value={name} onChange={(e) => setName(e.target.value)} placeholder="as in the file" />
          </label>
          <label>
            µm/px{" "}
            <input
              value={mpp}
              onChange={(e) => setMpp(e.target.value)}
              inputMode="decimal"
              placeholder="if the file does not state it"
            />
          </label>
          {series.length > 0 && (
            <label>
              These files hold {series.length} slides; bring in{" "}
              <select value={chosen} onChange={(e) => setChosen(Number(e.target.value))}>
                {series.map((one) => (
                  <option key={one.number} value={one.number}>
                    {one.number}: {one.name}
                  </option>
                ))}
              </select>
            </label>
          )}
          {progress ? (
            <p>
              <progress max={progress.total} value={progress.sent} aria-label="Upload" />{" "}
              {Math.round((100 * progress.sent) / Math.max(1, progress.total))} % {progress.file}
              <button type="button" onClick={() => abort.current?.abort()}>
                Cancel
              </button>
            </p>
          ) : (
            <button type="button" className="primary" onClick={() => void begin()}>
              {series.length ? "Bring in" : "Upload"}
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
