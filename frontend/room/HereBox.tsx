import { useQuery } from "@tanstack/react-query";
import { get } from "../shared/api";
import { plural, t } from "../shared/catalogue";
import { fixed, number, percent } from "../shared/format";
import { Mark } from "../shared/Mark";
import type { CountsWithin, Schema } from "../shared/types";

interface Props {
  jobId: string;
  schema: Schema;
  outline: string;
  revision: number;
  onClose(): void;
}

/** Counts of what lies within a drawn outline, beside the slide's own: shares are of the counted cells of the same kind there. */
export function HereBox({ jobId, schema, outline, revision, onClose }: Props) {
  const query = useQuery({
    queryKey: ["within", jobId, outline, revision],
    queryFn: ({ signal }) =>
      get<CountsWithin>(`/api/v1/jobs/${jobId}/counts/within/?${new URLSearchParams({ within: outline })}`, signal),
  });
  const counts = query.data;
  return (
    <section className="here-box" aria-label={t("Counts here")}>
      <header>
        <b>
          {counts ? plural(counts.n, "{n} cell here", "{n} cells here") : t("Counting…")}
          {counts?.area_mm2 !== null && counts && `, ${fixed(counts.area_mm2, 3)} mm²`}
        </b>
        <button type="button" onClick={onClose}>
          {t("Close")}
        </button>
      </header>
      {query.isError && <p role="alert">{query.error.message}</p>}
      {counts && (
        <table>
          <tbody>
            {counts.classes.map((c) => {
              const cellClass = schema.classes[c.class];
              return (
                <tr key={c.class}>
                  <td>
                    {cellClass && <Mark mark={cellClass.mark} colour={cellClass.colour} />} {cellClass?.name}
                  </td>
                  <td>{number.format(c.count)}</td>
                  <td className="soft">{c.value !== null && percent(c)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <p className="soft">{t("For this place only; the report counts the whole analysis.")}</p>
    </section>
  );
}
