import { useState } from "react";
import { t } from "../shared/catalogue";

/** What a slide is called, and a form to call it otherwise for who may. */
export function SlideName(props: { name: string; title: string; may: boolean; onName(name: string): void }) {
  const { name, title, may, onName } = props;
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null)
    return (
      <div className="slide-name">
        <h3 title={name}>{title}</h3>
        {may && (
          <button type="button" onClick={() => setDraft(name)} aria-label={t("Rename {name}", { name: title })}>
            {t("Rename…")}
          </button>
        )}
      </div>
    );
  const newName = draft.trim();
  return (
    <form
      className="slide-name"
      onSubmit={(e) => {
        e.preventDefault();
        if (newName && newName !== name) onName(newName);
        setDraft(null);
      }}
      onKeyDown={(e) => e.key === "Escape" && setDraft(null)}
    >
      <input
        aria-label={t("Name of the slide")}
        value={draft}
        maxLength={200}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
        autoFocus
        onChange={(e) => setDraft(e.target.value)}
      />
      <button type="submit" disabled={!newName}>
        {t("Save")}
      </button>
      <button type="button" onClick={() => setDraft(null)}>
        {t("Cancel")}
      </button>
    </form>
  );
}
