import { useEffect, useRef } from "react";
import { t } from "../shared/catalogue";
import { Mark } from "../shared/Mark";
import type { Schema } from "../shared/types";
import { classOfKey } from "./keys";

interface Props {
  title: string;
  schema: Schema;
  /** Why not every class is offered; empty where all are. */
  note: string;
  /** Where the reader clicked, in css px of the viewer. */
  at: readonly [number, number];
  onPick(cls: number): void;
  onCancel(): void;
}

const KINDS = ["nucleated", "red_cell", "platelet", "other"];

/** Asks for a class: by its key, or by a click. */
export function ClassPicker({ title, schema, note, at, onPick, onCancel }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.key === "Escape") onCancel();
      else if (event.ctrlKey || event.metaKey || event.altKey) return;
      else {
        const cls = classOfKey(event.key, schema);
        if (cls === null) return;
        onPick(cls);
      }
      event.preventDefault();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [schema, onPick, onCancel]);
  const groups = [...schema.groups].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  return (
    <div
      ref={box}
      className="class-picker"
      role="dialog"
      aria-label={title}
      tabIndex={-1}
      style={{ left: `min(${at[0] + 16}px, calc(100% - 262px))`, top: `min(${at[1]}px, calc(100% - 330px))` }}
    >
      <header>
        <b>{t("Which class?")}</b>
        <button type="button" onClick={onCancel}>
          {t("Cancel")}
        </button>
      </header>
      {note && <p className="soft">{note}</p>}
      <ul>
        {groups.flatMap((group) =>
          schema.classes
            .filter((c) => c.group === group.key)
            .map((c) => (
              <li key={c.key}>
                <button type="button" onClick={() => onPick(c.index)}>
                  <Mark mark={c.mark} colour={c.colour} />
                  <span>{c.name}</span>
                  {c.shortcut && <kbd>{c.shortcut}</kbd>}
                </button>
              </li>
            )),
        )}
      </ul>
    </div>
  );
}
