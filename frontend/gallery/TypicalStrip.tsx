import { useQuery } from "@tanstack/react-query";
import { get } from "../shared/api";
import { plural, t } from "../shared/catalogue";
import { Mark } from "../shared/Mark";
import type { Schema, Typical } from "../shared/types";
import { CellPicture } from "./CellPicture";

interface Props {
  jobId: string;
  schema: Schema;
  cls: number;
  onClass(cls: number): void;
}

/** Typical pictures of a class, to hold a cell against, each with its source. */
export function TypicalStrip({ jobId, schema, cls, onClass }: Props) {
  const query = useQuery({
    queryKey: ["typical", jobId, cls],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => get<Typical>(`/api/v1/jobs/${jobId}/typical/${cls}/`, signal),
  });
  const pictures = query.data?.pictures ?? [];
  const cellClass = schema.classes[cls];
  return (
    <section className="typical" aria-label={t("Typical cells")}>
      <h3>
        {cellClass && <Mark mark={cellClass.mark} colour={cellClass.colour} />}
        <select
          value={cls}
          onChange={(e) => onClass(Number(e.target.value))}
          aria-label={t("Class of the typical cells")}
        >
          {schema.classes.map((c) => (
            <option key={c.key} value={c.index}>
              {c.name}
            </option>
          ))}
        </select>
        <small>{t("typical")}</small>
      </h3>
      <div className="typical-strip">
        {pictures.map((p) => (
          <span key={p.url} title={p.own ? t("Confirmed in {source}", { source: p.source }) : p.source}>
            <CellPicture
              src={p.own ? `${p.url}?size=128` : p.url}
              alt={t("typical {name}", { name: cellClass?.name ?? "" })}
              size={76}
            />
          </span>
        ))}
      </div>
      <p className="source">{query.isError ? query.error.message : query.isPending ? "" : sourcesText(pictures)}</p>
    </section>
  );
}

/** Where the pictures come from, in one line. */
export function sourcesText(pictures: Typical["pictures"]): string {
  if (!pictures.length)
    return t("No typical picture yet: confirm cells of this class in other cases, and they appear here.");
  const own = pictures.filter((p) => p.own);
  const free = [...new Set(pictures.filter((p) => !p.own).map((p) => p.source))];
  const cases = new Set(own.map((p) => p.source)).size;
  const mine = own.length
    ? [
        plural(own.length, "{n} confirmed cell of {cases} here", "{n} confirmed cells of {cases} here", {
          cases: plural(cases, "{n} case", "{n} cases"),
        }),
      ]
    : [];
  return [...mine, ...free].join("; ");
}
