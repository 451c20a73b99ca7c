import { useState } from "react";
import { t } from "../shared/catalogue";
import { useLine } from "../shared/line";

/** The picture of one cell: never another's while its own is on the way, and asked for again when the server is back. */
export function CellPicture({ src, alt, size, lazy }: { src: string; alt: string; size: number; lazy?: boolean }) {
  const { returns } = useLine();
  const [failed_at, setFailedAt] = useState(-1);
  if (failed_at === returns) {
    return (
      <span className="no-picture" role="img" aria-label={t("{alt}: no picture", { alt })}>
        {t("no picture")}
      </span>
    );
  }
  return (
    <img
      key={`${src} ${returns}`}
      src={src}
      alt={alt}
      width={size}
      height={size}
      loading={lazy ? "lazy" : "eager"}
      draggable={false}
      onError={() => setFailedAt(returns)}
    />
  );
}
