import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import type { Notes } from "../room/usenotes";
import { t } from "../shared/catalogue";
import { dayTime } from "../shared/format";
import { type CellName, keyOf } from "./keyof";

interface Props {
  cell: CellName;
  notes: Notes;
  mayWrite: boolean;
  /** Whether the reader has asked to write a comment by its key. */
  requested: boolean;
  onOpened(): void;
  /** Buttons that stand before these. */
  more?: ReactNode;
}

/** What people wrote of the chosen cell, and whether it is one to teach with. */
export function CellNotes({ cell, notes, mayWrite, requested, onOpened, more }: Props) {
  const here = notes.of(keyOf(cell));
  const comments = here.filter((n) => n.kind === "comment");
  const teach = here.some((n) => n.kind === "teach");
  const [open, setOpen] = useState(() => notes.draftOf(cell) !== "");
  // A draft that comes back with its cell takes no keys: they are the gallery's until the reader turns to it.
  const [isCalled, setCalled] = useState(false);
  useEffect(() => {
    if (!requested) return;
    setCalled(true);
    setOpen(true);
    onOpened();
  }, [requested, onOpened]);
  return (
    <div className="cell-notes">
      <p className="cell-notes-acts">
        {more}
        <button
          type="button"
          aria-pressed={teach}
          className={teach ? "on" : ""}
          disabled={!mayWrite}
          onClick={() => void notes.teach(cell)}
          title={t("Add this cell to the teaching set (Shift + E)")}
        >
          {teach ? t("★ Teaching") : t("☆ Teach")}
        </button>
        <button
          type="button"
          aria-expanded={open}
          disabled={!mayWrite}
          onClick={() => {
            setCalled(true);
            setOpen(!open);
          }}
          title={t("Write a comment on this cell (Shift + C)")}
        >
          {t("Comment")}
        </button>
        {notes.restore && (
          <button type="button" onClick={() => void notes.restore?.()}>
            {t("Undo removal")}
          </button>
        )}
      </p>
      {open && mayWrite && (
        <Writing key={String(isCalled)} cell={cell} notes={notes} takesKeys={isCalled} onDone={() => setOpen(false)} />
      )}
      {comments.length > 0 && (
        <ul>
          {comments.map((n) => (
            <li key={n.id}>
              {n.text}{" "}
              <small>
                {n.by}, {dayTime(n.at)}
              </small>
              {mayWrite && (
                <button type="button" className="plain" onClick={() => void notes.remove(n)}>
                  {t("Remove")}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface WritingProps {
  cell: CellName;
  notes: Notes;
  takesKeys: boolean;
  onDone(): void;
}

function Writing({ cell, notes, takesKeys, onDone }: WritingProps) {
  const [text, setText] = useState(() => notes.draftOf(cell));
  const type = (typed: string) => {
    setText(typed);
    notes.keepDraft(cell, typed);
  };
  async function save(event: FormEvent) {
    event.preventDefault();
    if (await notes.comment(cell, text)) onDone();
  }
  return (
    <form
      onSubmit={save}
      onKeyDown={(e) => {
        if (e.key !== "Escape") return;
        notes.keepDraft(cell, "");
        onDone();
      }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: the reader asked to write
        autoFocus={takesKeys}
        aria-label={t("Comment on this cell")}
        value={text}
        onChange={(e) => type(e.target.value)}
      />
      <button type="submit" className="primary" disabled={!text.trim()}>
        {t("Save")}
      </button>
    </form>
  );
}
