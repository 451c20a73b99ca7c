import { t } from "../shared/catalogue";

interface Props {
  archived: boolean;
  may: boolean;
  onArchive(archived: boolean, reason: string): void;
}

/** Where the case is taken out of the worklist, with a reason, or brought back. */
export function Archive({ archived, may, onArchive }: Props) {
  if (!may) return null;
  const archive = () => {
    const reason = window.prompt(
      t("Why is this case put into the archive? It leaves the worklist and stays readable."),
    );
    if (reason?.trim()) onArchive(true, reason);
  };
  return (
    <button type="button" onClick={archived ? () => onArchive(false, "") : archive}>
      {archived ? t("Take out of the archive") : t("Archive…")}
    </button>
  );
}
