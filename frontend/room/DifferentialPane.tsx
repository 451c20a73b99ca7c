import { useRef } from "react";
import { Differential } from "../gallery/Differential";
import { keyOf } from "../gallery/keyof";
import { t } from "../shared/catalogue";
import type { Counts, GalleryRow, Schema } from "../shared/types";
import type { useActs } from "./acts";
import { ClassPicker } from "./ClassPicker";
import type { Differential as Groups } from "./usedifferential";
import { keysToGallery } from "./usekeys";
import type { Notes } from "./usenotes";

export type Menu = { at: readonly [number, number] } | null;

interface Props {
  groups: Groups;
  counts: Counts | null;
  notes: Notes;
  jobId: string;
  schema: Schema;
  acts: ReturnType<typeof useActs>;
  canReview: boolean;
  menu: Menu;
  onMenu(menu: Menu): void;
  onGo(row: GalleryRow): void;
  onTypical(cls: number): void;
  onClose(): void;
}

/** The differential in place of the slide: keys, the menu of a cell and dragging give another class. */
export function DifferentialPane(props: Props) {
  const { groups, jobId, schema, acts, canReview, menu, onMenu, onGo, onClose } = props;
  const pane = useRef<HTMLElement>(null);
  const { selection } = acts;
  return (
    <main ref={pane}>
      <Differential
        groups={groups}
        triage={props.counts?.triage ?? {}}
        accounts={props.counts?.accounts ?? {}}
        notes={props.notes}
        jobId={jobId}
        schema={schema}
        selection={selection}
        current={acts.current}
        canReview={canReview}
        onChoose={acts.choose}
        onGo={onGo}
        onDrop={(key, cls) => void acts.give(selection.has(key) ? selection : new Set([key]), cls)}
        onMenu={(index, [x, y]) => {
          const row = groups.rows[index];
          if (row && !selection.has(keyOf(row))) acts.choose(index, "one");
          const box = pane.current?.getBoundingClientRect();
          onMenu({ at: [x - (box?.left ?? 0), y - (box?.top ?? 0)] });
        }}
        onConfirm={(keys) => void acts.confirm(keys)}
        onName={(keys, cls) => void acts.name(keys, cls)}
        onTypical={(cls) => {
          props.onTypical(cls);
          keysToGallery();
        }}
        onClose={onClose}
      />
      {menu && (
        <ClassPicker
          title={t("Class of the chosen cells")}
          schema={schema}
          note=""
          at={menu.at}
          onPick={(cls) => {
            onMenu(null);
            void acts.give(selection, cls);
          }}
          onCancel={() => onMenu(null)}
        />
      )}
    </main>
  );
}
