import { LANGUAGE, plural } from "./catalogue";
import { usePresence } from "./presence";
import "./presence.css";

const list = new Intl.ListFormat(LANGUAGE, { type: "conjunction" });

/** The names of those who have the same case open. */
export function Presence({ accession }: { accession: string }) {
  const people = usePresence(accession);
  const names = list.format(people.map((one) => one.name));
  const text = people.length ? plural(people.length, "{names} is here too", "{names} are here too", { names }) : "";
  return (
    <span className="presence" role="status" title={text}>
      {text}
    </span>
  );
}
