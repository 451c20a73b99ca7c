import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "./api";
import { t } from "./catalogue";
import type { ExportFormat } from "./types";

interface Props {
  /** `jobs/<id>` or `cases/<accession>`. */
  of: string;
  /** What a screen reader hears of what is exported. */
  what: string;
  signed: boolean;
}

/** The files that other programs read; what is not signed is marked as a draft in each. */
export function ExportMenu({ of, what, signed }: Props) {
  const [open, setOpen] = useState(false);
  const formats = useQuery({
    queryKey: ["exports"],
    queryFn: () => get<ExportFormat[]>("/api/v1/exports/"),
    enabled: open,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <details
      className="export-menu"
      onToggle={(event) => setOpen(event.currentTarget.open)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
      }}
    >
      <summary className="button" aria-label={t("Export {what}", { what })}>
        {t("Export")}
      </summary>
      <ul>
        {formats.data?.map((format) => (
          <li key={format.key}>
            <a href={`/api/v1/${of}/export/${format.key}/`} download>
              {format.title}
            </a>
          </li>
        ))}
        {formats.isPending && <li className="soft">{t("Loading…")}</li>}
        {formats.isError && <li className="error">{formats.error.message}</li>}
        {!signed && <li className="soft">{t("Marked as a draft until the case is signed.")}</li>}
      </ul>
    </details>
  );
}
