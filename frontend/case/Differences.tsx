import { plural, t } from "../shared/catalogue";
import type { Agreement, ReadingDifference, Room, Schema } from "../shared/types";
import { writePlace } from "../viewer/place";

interface Props {
  agreement: Agreement;
  data: Room;
  may: boolean;
  onDecide(difference: ReadingDifference, label: string): Promise<boolean>;
}

const REJECTED = "rejected";

/** The cells that two readers call otherwise: a picture each, and a choice that is kept with who made it. */
export function Differences({ agreement, data, may, onDecide }: Props) {
  const hidden = agreement.n - agreement.differences.length;
  return (
    <>
      <h3>{t("Differences")}</h3>
      <ul className="differences">
        {agreement.differences.map((d) => {
          const schema = data.schemas[d.schema];
          return (
            schema && (
              <li key={`${d.job}${d.row ?? d.added}`} className="sheet">
                <Picture difference={d} data={data} />
                <Choices difference={d} schema={schema} may={may} onDecide={onDecide} />
              </li>
            )
          );
        })}
      </ul>
      {hidden > 0 && (
        <p className="soft note">
          {plural(
            hidden,
            "{n} further difference follows once these are decided.",
            "{n} further differences follow once these are decided.",
          )}
        </p>
      )}
    </>
  );
}

function Picture({ difference: d, data }: { difference: ReadingDifference; data: Room }) {
  const slide = data.slides.find((s) => s.jobs?.some((job) => job.id === d.job));
  const cell = d.row === null ? {} : { cell: d.row, job: d.job };
  const place = writePlace({ slide: slide?.id, x: Math.round(d.x), y: Math.round(d.y), z: 40, ...cell });
  return (
    <a href={`/cases/${data.case.accession}/read/${place}`} title={t("Show on the slide")}>
      <img src={`${d.crop_url}?size=96`} width={96} height={96} alt={t("The cell on which the readers differ")} />
    </a>
  );
}

function Choices(props: { difference: ReadingDifference; schema: Schema; may: boolean } & Pick<Props, "onDecide">) {
  const { difference: d, schema, may, onDecide } = props;
  const name = (key: string) =>
    key === REJECTED
      ? t("Rejected")
      : key === ""
        ? t("No such cell")
        : (schema.classes.find((c) => c.key === key)?.name ?? key);
  const other = d.decided && ![d.first, d.second].includes(d.decided) ? d.decided : "";
  return (
    <div className="choices">
      {(["first", "second"] as const).map((role) => {
        const key = d[role] || REJECTED;
        return (
          <button
            key={role}
            type="button"
            disabled={!may}
            aria-pressed={d.decided === key}
            onClick={() => void onDecide(d, key)}
          >
            <span className="soft">{role === "first" ? t("First:") : t("Second:")}</span> {name(d[role])}
          </button>
        );
      })}
      {may && (
        <select value={other} aria-label={t("Another class")} onChange={(e) => void onDecide(d, e.target.value)}>
          <option value="" disabled>
            {t("Another class…")}
          </option>
          {schema.classes.map((c) => (
            <option key={c.key} value={c.key}>
              {c.name}
            </option>
          ))}
        </select>
      )}
      {d.decided && (
        <span className="soft">{t("{name}, decided by {who}", { name: name(d.decided), who: d.decided_by })}</span>
      )}
    </div>
  );
}
