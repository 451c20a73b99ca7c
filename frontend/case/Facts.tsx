import { type FormEvent, useState } from "react";
import { send } from "../shared/api";
import { t } from "../shared/catalogue";
import { SPECIMEN_NAMES } from "../shared/format";
import type { Case } from "../shared/types";
import { type AgeUnit, ageText, UNIT_NAMES } from "./age";
import { ageTextOf, changesOf, type Texts } from "./facts";

const SEXES: Record<Case["sex"], string> = { "": t("not stated"), female: t("female"), male: t("male") };

interface Props {
  facts: Case;
  may: boolean;
  act(work: () => Promise<unknown>): Promise<boolean>;
}

/** What is known of the patient and the specimen; editable until the case is signed. */
export function Facts({ facts, may, act }: Props) {
  const [open, setOpen] = useState(false);
  if (open) return <Edit facts={facts} act={act} onDone={() => setOpen(false)} />;
  const patient = [facts.sex && SEXES[facts.sex], ageText(facts.age_days)].filter(Boolean).join(", ");
  return (
    <section className="sheet facts-sheet" aria-label={t("Facts")}>
      <dl>
        <Fact name={t("Pseudonym")} text={facts.pseudonym} />
        <Fact name={t("Patient")} text={patient} />
        <Fact name={t("Specimen")} text={SPECIMEN_NAMES[facts.specimen] ?? facts.specimen} />
        <Fact name={t("Stain")} text={facts.stain} />
        {facts.question && <Fact name={t("Clinical question")} text={facts.question} wide />}
      </dl>
      {may && (
        <button type="button" onClick={() => setOpen(true)}>
          {t("Edit…")}
        </button>
      )}
    </section>
  );
}

function Fact({ name, text, wide }: { name: string; text: string; wide?: boolean }) {
  return (
    <div className={wide ? "wide" : undefined}>
      <dt>{name}</dt>
      <dd>{text || "–"}</dd>
    </div>
  );
}

function Edit({ facts, act, onDone }: Pick<Props, "facts" | "act"> & { onDone(): void }) {
  const [atOpening] = useState(facts);
  const [typed, setTyped] = useState<Partial<Texts>>({});
  const [age, setAge] = useState(() => ageTextOf(facts.age_days));
  const { pseudonym, sex, stain, question } = { ...facts, ...typed };
  const set = (name: keyof Texts) => (event: { target: { value: string } }) =>
    setTyped({ ...typed, [name]: event.target.value });
  async function save(event: FormEvent) {
    event.preventDefault();
    const changes = changesOf(atOpening, typed, age);
    if (await act(() => send("PATCH", `/api/v1/cases/${facts.accession}/`, changes))) onDone();
  }
  return (
    <form className="sheet facts-sheet edit" aria-label={t("Facts")} onSubmit={(event) => void save(event)}>
      <label>
        {t("Pseudonym")} <input value={pseudonym} onChange={set("pseudonym")} />
      </label>
      <label>
        {t("Sex")}{" "}
        <select value={sex} onChange={set("sex")}>
          {Object.entries(SEXES).map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("Age when the specimen was taken")}
        <span className="pair">
          <input
            value={age.text}
            inputMode="numeric"
            pattern="\d{0,4}"
            onChange={(e) => setAge({ ...age, text: e.target.value })}
          />
          <select
            value={age.unit}
            aria-label={t("Unit of age")}
            onChange={(e) => setAge({ ...age, unit: e.target.value as AgeUnit })}
          >
            {Object.entries(UNIT_NAMES).map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </span>
      </label>
      <label>
        {t("Stain")} <input value={stain} onChange={set("stain")} />
      </label>
      <label className="wide">
        {t("Clinical question")} <textarea rows={2} value={question} onChange={set("question")} />
      </label>
      <p className="actions wide">
        <button type="submit" className="primary">
          {t("Save")}
        </button>
        <button type="button" onClick={onDone}>
          {t("Cancel")}
        </button>
      </p>
    </form>
  );
}
