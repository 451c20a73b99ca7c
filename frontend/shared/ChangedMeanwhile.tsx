/** Says, under a text that is being edited, that somebody else has written it anew since the edit began, and what stands now. */
import { t } from "./catalogue";

interface Props {
  which: "conclusion" | "comment";
  before: string;
  now: string;
}

export function ChangedMeanwhile({ which, before, now }: Props) {
  if (before === now) return null;
  return (
    <p className="warn" role="status">
      {which === "conclusion" ? conclusionText(now) : commentText(now)}
    </p>
  );
}

function conclusionText(now: string): string {
  return now
    ? t(
        "Somebody else has changed the conclusion in the meantime; it now reads “{now}”. The text here will replace it.",
        {
          now,
        },
      )
    : t("Somebody else has emptied the conclusion in the meantime. The text here will be kept.");
}

function commentText(now: string): string {
  return now
    ? t("Somebody else has changed the comment in the meantime; it now reads “{now}”. The text here will replace it.", {
        now,
      })
    : t("Somebody else has emptied the comment in the meantime. The text here will be kept.");
}
