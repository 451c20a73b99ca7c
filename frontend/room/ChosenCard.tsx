import { AddedCard } from "../gallery/AddedCard";
import type { CardActs } from "../gallery/CardFrame";
import { CellCard } from "../gallery/CellCard";
import type { CellName } from "../gallery/keyof";
import { t } from "../shared/catalogue";
import type { AddedCell, Schema } from "../shared/types";
import { ClassPicker } from "./ClassPicker";
import type { Labels } from "./labels";
import type { useCard } from "./usecard";
import type { Naming } from "./usereviewing";

interface Props extends CardActs {
  jobId: string | null;
  schema: Schema;
  cellCard: ReturnType<typeof useCard>;
  /** The chosen cell where a person added it. */
  added: AddedCell | null;
  labels: Labels;
  naming: Naming;
  onChoose(cell: CellName): void;
  onLike(): void;
}

/** The card of the chosen cell, whoever saw it first, and the question for its class. */
export function ChosenCard({ jobId, schema, cellCard, added, labels, naming, onChoose, onLike, ...acts }: Props) {
  return (
    <>
      {added && jobId ? (
        <AddedCard cell={added} labels={labels} onChoose={onChoose} jobId={jobId} schema={schema} {...acts} />
      ) : (
        <CellCard {...cellCard} schema={schema} onLike={onLike} {...acts} />
      )}
      {naming.on && (
        <ClassPicker
          title={t("Class of the chosen cells")}
          schema={schema}
          note=""
          at={[0, window.innerHeight]}
          onPick={naming.onPick}
          onCancel={naming.onCancel}
        />
      )}
    </>
  );
}
