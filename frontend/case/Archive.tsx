import { t } from "../shared/catalogue";
import { dayTime } from "../shared/format";

interface Props {
  archivedAt: string | null;
  may: boolean;
  onArchive(archived: boolean, reason: string): void;
}

/** Whether the case is out of the worklist, and where it is put there, with a reason, or brought back. */
export function Archive({ archivedAt, may, onArchive }: Props) {
  if (!archivedAt && !may) return null;
  const archive = () => {
    const reason = window.prompt(
      t("Why is this case put into the archive? It leaves the worklist and stays readable."),
    );
    if (reason?.trim()) onArchive(true, reason);
  };
  return (
    <p className="facts archive">
      {archivedAt && <strong>{t("In the archive since {time}.", { time: dayTime(archivedAt) })}</strong>}
      {may && (
        <button type="button" onClick={archivedAt ? () => onArchive(false, "") : archive}>
          {archivedAt ? t("Take out of the archive") : t("Archive…")}
        </button>
      )}
    </p>
  );
}
