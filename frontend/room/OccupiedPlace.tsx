import { useEffect, useRef } from "react";
import { t } from "../shared/catalogue";
import { type CellAtPlace, cellAtPlaceText } from "./cellatplace";
import { PlaceBox } from "./PlaceBox";

interface Props {
  existing: CellAtPlace;
  at: readonly [number, number];
  onName(): void;
  onSecond(): void;
  onCancel(): void;
}

/** Asks what is meant where a cell lies at the place already: a second one would count beside it. */
export function OccupiedPlace({ existing, at, onName, onSecond, onCancel }: Props) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const title = t("A cell is here already");
  return (
    <PlaceBox name={title} title={title} at={at} onCancel={onCancel}>
      <p>{cellAtPlaceText(existing)}</p>
      <p className="taken-acts">
        <button type="button" ref={first} className="primary" onClick={onName}>
          {t("Name that one")}
        </button>
        <button type="button" onClick={onSecond}>
          {t("Add a second cell")}
        </button>
      </p>
    </PlaceBox>
  );
}
