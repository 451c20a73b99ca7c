import { useState } from "react";
import { t } from "../shared/catalogue";
import type { Slide } from "../shared/types";
import { RemovalDialog } from "./RemovalDialog";

interface Props {
  slide: Slide;
  name: string;
  onRemove(): void;
  onRemoved(): void;
}

/** Asks once more: what is removed does not come back. A slide that was analysed goes with a reason. */
export function RemoveSlide({ slide, name, onRemove, onRemoved }: Props) {
  const [asking, setAsking] = useState(false);
  const keep = () => setAsking(false);
  const analysed = (slide.jobs ?? []).length > 0;
  if (asking && !analysed)
    return (
      <span className="asking">
        {t("Remove {name} for good?", { name })}{" "}
        <button type="button" onClick={onRemove}>
          {t("Remove")}
        </button>{" "}
        <button type="button" onClick={keep}>
          {t("Keep")}
        </button>
      </span>
    );
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        {t("Remove…")}
      </button>
      {asking && (
        <RemovalDialog
          title={t("Remove {name}", { name })}
          at={`/api/v1/slides/${slide.id}/removal/`}
          verb={t("Remove")}
          onClose={keep}
          onRemoved={onRemoved}
        />
      )}
    </>
  );
}
