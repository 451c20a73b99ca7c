import { useRef, useState } from "react";
import { Problem, unreachable } from "../shared/api";
import { plural, t } from "../shared/catalogue";
import { bytes } from "../shared/format";
import type { UploadContents } from "../shared/types";
import { Choices } from "./Choices";
import { type Choice, importFields, isChoice, mayHoldSeveral, usual, type Which } from "./choices";
import { dropped, sorted } from "./incoming";
import { packed, zarrFolder } from "./pack";
import { lookAt, makeEach, makeSlide, type Progress, sendFiles } from "./upload";

/** Where slides are dropped or chosen, with what the file may not say itself. */
export function UploadBox({ accession, onDone }: { accession: string; onDone(): void }) {
  const [files, setFiles] = useState<File[]>([]);
  const [name, setName] = useState("");
  const [mpp, setMpp] = useState("");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState("");
  const [leftOut, setLeftOut] = useState("");
  const [uploads, setUploads] = useState<string[]>([]);
  const [contents, setContents] = useState<UploadContents | null>(null);
  const [choice, setChoice] = useState<Choice>({ which: "together", plane: 0 });
  const [looking, setLooking] = useState(false);
  const [over, setOver] = useState(false);
  const abort = useRef<AbortController | null>(null);
  /** What was chosen; the same files can be chosen again. */
  function chosen(input: HTMLInputElement) {
    const selection = [...(input.files ?? [])];
    input.value = "";
    if (selection.length) void take(selection);
  }
  const total = files.reduce((n, f) => n + f.size, 0);

  async function take(newFiles: File[]) {
    setProblem("");
    setLeftOut("");
    forget();
    const zarr = zarrFolder(newFiles);
    try {
      const selection = zarr ? { files: [packed(newFiles, zarr)], leftOut: "" } : await sorted(newFiles);
      setFiles(selection.files);
      setLeftOut(selection.leftOut);
    } catch (error) {
      setFiles([]);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  function forget() {
    setContents(null);
    setUploads([]);
  }

  /** What the uploads hold where a person must or may choose; null where there is nothing to choose. */
  async function look(uploadIds: string[], series?: number): Promise<UploadContents | null> {
    setLooking(true);
    try {
      const answer = await lookAt(accession, uploadIds, series);
      return isChoice(answer) ? answer : null;
    } catch (error) {
      if (error instanceof Problem && !unreachable(error)) return null; // the import refuses it with the same words, and lets the uploads go
      throw error;
    } finally {
      setLooking(false);
    }
  }

  async function choose(which: Which) {
    setChoice({ which, plane: 0 });
    if (typeof which !== "number" || !contents) return;
    try {
      const one = await look(uploads, which);
      setContents({ ...contents, focal_planes: one?.focal_planes ?? 1 });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  async function begin() {
    const scale = mpp.trim() === "" ? null : Number(mpp.replace(",", "."));
    if (scale !== null && !(scale > 0 && Number.isFinite(scale))) {
      setProblem(t("Enter µm/px as a number such as 0.25, or leave the field empty."));
      return;
    }
    abort.current = new AbortController();
    setProblem("");
    try {
      const uploadIds = contents ? uploads : await sendFiles(files, accession, setProgress, abort.current.signal);
      setProgress(null);
      if (!contents && mayHoldSeveral(files.map((file) => file.name))) {
        const answer = await look(uploadIds);
        if (answer) {
          const first = usual(answer);
          const one = typeof first.which === "number" ? await look(uploadIds, first.which) : answer;
          setUploads(uploadIds);
          setContents({ ...answer, focal_planes: one?.focal_planes ?? 1 });
          setChoice(first);
          return;
        }
      }
      if (contents && choice.which === "each") await makeEach(accession, uploadIds, { name, mpp: scale });
      else
        await makeSlide(accession, uploadIds, {
          name,
          mpp: scale,
          ...(contents ? importFields(choice, contents) : {}),
        });
      setFiles([]);
      forget();
      setName("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      if (choice.which !== "each" && !unreachable(error)) forget(); // the server has let the uploads go
    } finally {
      setProgress(null);
      onDone();
    }
  }

  return (
    <section
      className={`upload${over ? " over" : ""}`}
      aria-label={t("Add a slide")}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        if (progress) {
          setProblem(t("Files are being uploaded: drop others once that is complete."));
          return;
        }
        dropped(e.dataTransfer).then(take, (error) =>
          setProblem(error instanceof Error ? error.message : String(error)),
        );
      }}
    >
      <h3>{t("Add a slide")}</h3>
      <p className="soft">
        {t(
          "One slide file (SVS, NDPI, MRXS with its files, SCN, BIF, TIFF, DICOM, OME-Zarr as a folder), or all photographs of one slide (JPEG, PNG, WebP, TIFF, BMP, HEIC, AVIF). Drop the files here or choose them:",
        )}
      </p>
      <p className="actions">
        <label className="button">
          {t("Files…")}
          <input type="file" multiple className="hidden" onChange={(e) => chosen(e.target)} disabled={!!progress} />
        </label>
        <label className="button">
          {t("Folder…")}
          <input
            type="file"
            className="hidden"
            disabled={!!progress}
            ref={(element) => element?.setAttribute("webkitdirectory", "")}
            onChange={(e) => chosen(e.target)}
          />
        </label>
      </p>
      {leftOut && (
        <p className="soft" role="status">
          {leftOut}
        </p>
      )}
      {files.length > 0 && (
        <div className="chosen-files">
          <p>
            {files.length === 1
              ? files[0]?.name.replace(/\.zarr\.tar$/i, ".zarr")
              : contents && contents.series.length > 1
                ? plural(files.length, "{n} file", "{n} files")
                : plural(files.length, "{n} file as one slide", "{n} files as one slide")}{" "}
            · {bytes(total)}
          </p>
          <label>
            {t("Name")}{" "}
            <input value={name} onChange={(e) => setName(e.target.value)} placeholder={t("as in the file")} />
          </label>
          <label>
            {t("µm/px")}{" "}
            <input
              value={mpp}
              onChange={(e) => setMpp(e.target.value)}
              inputMode="decimal"
              placeholder={t("if the file does not state it")}
            />
          </label>
          {contents && (
            <Choices
              contents={contents}
              choice={choice}
              onWhich={(which) => void choose(which)}
              onPlane={(plane) => setChoice({ ...choice, plane })}
            />
          )}
          {progress ? (
            <p>
              <progress max={progress.total} value={progress.sent} aria-label={t("Upload")} />{" "}
              {Math.round((100 * progress.sent) / Math.max(1, progress.total))} % {progress.file}
              <button type="button" onClick={() => abort.current?.abort()}>
                {t("Cancel")}
              </button>
            </p>
          ) : (
            <button type="button" className="primary" disabled={looking} onClick={() => void begin()}>
              {looking ? t("Looking at it…") : contents ? t("Import") : t("Upload")}
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
