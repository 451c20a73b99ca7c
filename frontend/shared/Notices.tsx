import { useState } from "react";
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
          <b>Not live since {clock(lost_at)}.</b>{" "}
          {requests
            ? "The changes of others do not arrive at the moment."
            : "HemaView cannot be reached; counts and labels are those of that time."}{" "}
          {waitingText(waiting)} Reconnecting…
        </p>
      )}
      {lost_at === null && waiting > 1 && (
        <p className="notice" role="status">
          Sending {waiting} edits…
        </p>
      )}
      {opening && opening !== dismissed && (
        <p className="notice" role="status">
          {opening}{" "}
          <button type="button" onClick={() => setDismissed(opening)}>
            OK
          </button>
        </p>
      )}
    </>
  );
}

function waitingText(n: number): string {
  if (n === 0) return "Edits made now are kept and sent later.";
  return `${n} ${n === 1 ? "edit waits" : "edits wait"} and will be sent.`;
}
