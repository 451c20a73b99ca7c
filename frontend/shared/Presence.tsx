import { LANGUAGE, plural } from "./catalogue";
import { initials, usePresence } from "./presence";
import "./presence.css";

const list = new Intl.ListFormat(LANGUAGE, { type: "conjunction" });
/** Of more people only the number is shown. */
const MOST_SHOWN = 3;

/** Who else has the same case open: initials, and the names beside them, or in the room where one points at them. */
export function Presence({ accession }: { accession: string }) {
  const people = usePresence(accession);
  const names = list.format(people.map((one) => one.name));
  const text = people.length ? plural(people.length, "{names} is here too", "{names} are here too", { names }) : "";
  return (
    <span className="presence" role="status" title={text}>
      {people.slice(0, MOST_SHOWN).map((one) => (
        <i key={one.id} aria-hidden="true">
          {initials(one.name)}
        </i>
      ))}
      {people.length > MOST_SHOWN && <i aria-hidden="true">+{people.length - MOST_SHOWN}</i>}
      {text && <span className="presence-text">{text}</span>}
    </span>
  );
}
