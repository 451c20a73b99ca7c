import { type FormEvent, useState } from "react";
import { send } from "../shared/api";
import { SPECIMEN_NAMES } from "../shared/format";
import type { Case } from "../shared/types";
import { AGE_UNITS, type AgeUnit, ageOf, ageText, daysOf } from "./age";

const SEXES: Record<Case["sex"], string> = { "": "not stated", female: "female", male: "male" };

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
    <section className="sheet facts-sheet" aria-label="Facts">
      <dl>
        <Fact name="Pseudonym" text={facts.pseudonym} />
        <Fact name="Patient" text={patient} />
        <Fact name="Specimen" text={SPECIMEN_NAMES[facts.specimen] ?? facts.specimen} />
        <Fact name="Stain" text={facts.stain} />
        {facts.question && <Fact name="Clinical question" text={facts.question} wide />}
      </dl>
      {may && (
        <button type="button" onClick={() => setOpen(true)}>
          Edit…
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
  const known = facts.age_days === null ? null : ageOf(facts.age_days);
  const [given, setGiven] = useState({
    pseudonym: facts.pseudonym,
    sex: facts.sex,
    stain: facts.stain,
    question: facts.question,
  });
  const [age, setAge] = useState(known ? String(known.n) : "");
  const [unit, setUnit] = useState<AgeUnit>(known?.unit ?? "years");
  const set = (name: keyof typeof given) => (event: { target: { value: string } }) =>
    setGiven({ ...given, [name]: event.target.value });
  async function save(event: FormEvent) {
    event.preventDefault();
    const age_days = age.trim() === "" ? null : daysOf({ n: Number(age), unit });
    if (await act(() => send("PATCH", `/api/v1/cases/${facts.accession}/`, { ...given, age_days }))) onDone();
  }
  return (
    <form className="sheet facts-sheet edit" aria-label="Facts" onSubmit={(event) => void save(event)}>
      <label>
        Pseudonym <input value={given.pseudonym} onChange={set("pseudonym")} />
      </label>
      <label>
        Sex{" "}
        <select value={given.sex} onChange={set("sex")}>
          {Object.entries(SEXES).map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Age when the specimen was taken
        <span className="pair">
          <input value={age} inputMode="numeric" pattern="\d{0,4}" onChange={(e) => setAge(e.target.value)} />
          <select value={unit} aria-label="Unit of age" onChange={(e) => setUnit(e.target.value as AgeUnit)}>
            {Object.keys(AGE_UNITS).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </span>
      </label>
      <label>
        Stain <input value={given.stain} onChange={set("stain")} />
      </label>
      <label className="wide">
        Clinical question <textarea rows={2} value={given.question} onChange={set("question")} />
      </label>
      <p className="actions wide">
        <button type="submit" className="primary">
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </p>
    </form>
  );
}
