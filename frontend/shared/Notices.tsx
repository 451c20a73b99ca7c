import { useState } from "react";
import { plural, t } from "./catalogue";
import { clock } from "./format";
import { useLine } from "./line";

/** What the reader must not overlook: the page is not live, edits wait, another slide was opened. */
export function Notices({ opening = "", waiting = 0 }: { opening?: string; waiting?: number }) {
  const [dismissed, setDismissed] = useState("");
  const { requests, lost_at } = useLine();
  return (
    <>
      {lost_at !== null && (
        <p className="notice lost" role="alert">
          <b>{t("Not live since {time}.", { time: clock(lost_at) })}</b>{" "}
          {requests
            ? t("Changes made by others are not arriving at the moment.")
            : t("HemaView cannot be reached; counts and labels are those of that time.")}{" "}
          {waitingText(waiting)} {t("Reconnecting…")}
        </p>
      )}
      {lost_at === null && waiting > 1 && (
        <p className="notice" role="status">
          {plural(waiting, "Sending {n} edit…", "Sending {n} edits…")}
        </p>
      )}
      {opening && opening !== dismissed && (
        <p className="notice" role="status">
          {opening}{" "}
          <button type="button" onClick={() => setDismissed(opening)}>
            {t("OK")}
          </button>
        </p>
      )}
    </>
  );
}

function waitingText(n: number): string {
  if (n === 0) return t("Edits made now are kept and sent later.");
  return plural(n, "{n} edit waits and will be sent.", "{n} edits wait and will be sent.");
}
