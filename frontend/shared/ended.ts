/** A page that the server answers no more: nobody, or somebody else, is signed in now. */

import { Problem } from "./api";
import { t } from "./catalogue";

const CODES = ["not-authenticated", "other-person"];

/** Why the page reads and saves nothing any more; empty where it does. */
export function endedText(error: unknown): string {
  if (!(error instanceof Problem) || !CODES.includes(error.code)) return "";
  return error.code === "not-authenticated"
    ? t("You are no longer logged in. What you see is as it was then; edits that wait are kept for you.")
    : error.message;
}
