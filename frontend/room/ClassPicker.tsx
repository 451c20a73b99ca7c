import { useCallback, useEffect, useRef } from "react";
import { t } from "../shared/catalogue";
import { Mark } from "../shared/Mark";
import type { Schema } from "../shared/types";
import { classOfKey } from "./keys";
import { PlaceBox } from "./PlaceBox";

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
  const onKey = useCallback(
    (key: string) => {
      const cls = classOfKey(key, schema);
      if (cls !== null) onPick(cls);
      return cls !== null;
    },
    [schema, onPick],
  );
  const groups = [...schema.groups].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  return (
    <PlaceBox name={title} title={t("Which class?")} at={at} box={box} onKey={onKey} onCancel={onCancel}>
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
    </PlaceBox>
  );
}
