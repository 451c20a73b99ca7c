import { plural, t } from "./catalogue";
import { type HoldPlace, leadText, placeOf } from "./holds";
import { rich } from "./rich";
import type { Counts, Hold } from "./types";

interface Props {
  standing: readonly Hold[];
  /** Of the analysis that is open; null where none is. */
  counts: Counts | null;
  onSee(place: HoldPlace): void;
}

const MUST_SEE = "must-see-open";

/** What stands before a signature and no reason lifts, each with the way to its cells. */
export function SignHolds({ standing, counts, onSee }: Props) {
  const mustSee = standing.find((h) => h.code === MUST_SEE);
  const nOpenHere = mustSee ? (counts?.must_see.open ?? 0) : 0;
  const others = standing.filter((h) => h.lifted_by !== "reason" && !(h === mustSee && nOpenHere > 0));
  return (
    <>
      {counts && nOpenHere > 0 && (
        <div className="blocked">
          <p>
            {rich("{cells} must be reviewed before signing:", {
              cells: <b>{plural(nOpenHere, "{n} cell", "{n} cells")}</b>,
            })}
          </p>
          <ul>
            {counts.must_see.by_reason
              .filter((r) => r.open)
              .map((r) => (
                <li key={r.reason}>
                  {r.open} × {r.reason}
                </li>
              ))}
          </ul>
          <button type="button" onClick={() => onSee({ list: "must-see", job: null })}>
            {t("Show these cells")}
          </button>
        </div>
      )}
      {others.map((hold) => (
        <p key={hold.code + hold.sentence} className="blocked">
          <HoldText hold={hold} onSee={onSee} />
        </p>
      ))}
    </>
  );
}

interface ReasonProps extends Pick<Props, "onSee"> {
  holds: readonly Hold[];
  reason: string;
  onReason(reason: string): void;
}

/** What stands before a signature until whoever signs says why it may stand. */
export function SignReason({ holds, reason, onReason, onSee }: ReasonProps) {
  return (
    <div className="blocked">
      <p>{t("Before this case is signed:")}</p>
      <ul>
        {holds.map((hold) => (
          <li key={hold.code + hold.sentence}>
            <HoldText hold={hold} onSee={onSee} />
          </li>
        ))}
      </ul>
      <label>
        {t("Why may the case be signed nevertheless? The report will state your reason.")}
        <textarea rows={2} value={reason} onChange={(e) => onReason(e.target.value)} />
      </label>
    </div>
  );
}

/** A hold in its own words, and the way to its cells where it names some. */
export function HoldText({ hold, onSee }: { hold: Hold } & Pick<Props, "onSee">) {
  const place = placeOf(hold);
  return (
    <>
      {hold.sentence}{" "}
      {place && (
        <button type="button" onClick={() => onSee(place)}>
          {leadText(place)}
        </button>
      )}
    </>
  );
}
