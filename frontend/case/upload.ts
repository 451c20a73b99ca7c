/** Files on their way in: chunked, resumable (tus 1.0), then bound to one slide. */

import * as tus from "tus-js-client";
import { csrfToken, personHeader, send } from "../shared/api";
import { t } from "../shared/catalogue";
import type { Slide, UploadContents } from "../shared/types";
import { intoSameCase } from "./resume";

const CHUNK_BYTES = 8 * 1024 * 1024;

export interface Progress {
  sent: number;
  total: number;
  file: string;
}

/** Send one file; its upload id. An interrupted upload goes on where it stopped when the same file is chosen again. */
export function uploadFile(
  file: File,
  accession: string,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(file, {
      endpoint: "/api/v1/uploads/",
      chunkSize: CHUNK_BYTES,
      retryDelays: [0, 1000, 3000, 8000],
      metadata: { filename: file.name, case: accession },
      removeFingerprintOnSuccess: true,
      onBeforeRequest: (request) => {
        const headers = { "X-CSRFToken": csrfToken(), ...personHeader() };
        for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
      },
      onProgress: (sent) => onProgress(sent),
      onSuccess: () =>
        resolve(new URL(upload.url ?? "", location.href).pathname.split("/").filter(Boolean).pop() ?? ""),
      onError: (error) => reject(new Error(reasonOf(error))),
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status === 0 || status >= 500 || status === 423;
      },
    });
    signal.addEventListener("abort", () => {
      void upload.abort(true);
      reject(new Error(t("The upload was cancelled.")));
    });
    upload
      .findPreviousUploads()
      .then((before) => {
        const interrupted = intoSameCase(before, accession);
        if (interrupted) upload.resumeFromPreviousUpload(interrupted);
        upload.start();
      })
      .catch(reject);
  });
}

function reasonOf(error: Error | tus.DetailedError): string {
  if ("originalResponse" in error && error.originalResponse) {
    try {
      const body = JSON.parse(error.originalResponse.getBody()) as { detail?: string };
      if (body.detail) return body.detail;
    } catch {
      // not JSON
    }
    return t("The server reported an error ({status}).", { status: String(error.originalResponse.getStatus()) });
  }
  return t("The upload was interrupted. Choose the same file again to resume it.");
}

export interface Facts {
  name: string;
  mpp: number | null;
  /** Which of several series the files hold. */
  series?: number;
  /** Focal plane, from 1. */
  plane?: number;
}

/** All files of one slide, one after another; their upload ids. */
export async function sendFiles(
  files: readonly File[],
  accession: string,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const total = files.reduce((n, f) => n + f.size, 0);
  let before = 0;
  const uploads: string[] = [];
  for (const file of files) {
    const base = before;
    uploads.push(
      await uploadFile(file, accession, (sent) => onProgress({ sent: base + sent, total, file: file.name }), signal),
    );
    before += file.size;
  }
  onProgress({ sent: total, total, file: "" });
  return uploads;
}

/** What complete uploads hold that a person may choose from, of one series where one is chosen; the uploads wait. */
export function lookAt(accession: string, uploads: readonly string[], series?: number): Promise<UploadContents> {
  const one = series === undefined ? {} : { series };
  return send<UploadContents>("POST", `/api/v1/cases/${accession}/slides/contents/`, { uploads, ...one });
}

/** The slide of complete uploads. */
export function makeSlide(accession: string, uploads: readonly string[], facts: Facts): Promise<Slide> {
  return send<Slide>("POST", `/api/v1/cases/${accession}/slides/`, { uploads, ...facts });
}

/** A slide of each series that the uploads hold: all of them, or none and the uploads wait. */
export function makeEach(accession: string, uploads: readonly string[], facts: Facts): Promise<Slide[]> {
  const { name, mpp } = facts;
  return send<Slide[]>("POST", `/api/v1/cases/${accession}/slides/each-series/`, { uploads, name, mpp });
}
