import { useState } from "react";
import { t } from "../shared/catalogue";
import { RemovalDialog } from "./RemovalDialog";

/** The end of a case that should not be there; one that was ever signed goes into the archive instead. */
export function DeleteCase({ accession }: { accession: string }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        {t("Delete this case…")}
      </button>
      {asking && (
        <RemovalDialog
          title={t("Delete the case {accession}", { accession })}
          at={`/api/v1/cases/${accession}/deletion/`}
          verb={t("Delete")}
          confirm={accession}
          onClose={() => setAsking(false)}
          onRemoved={() => location.assign("/")}
        />
      )}
    </>
  );
}
