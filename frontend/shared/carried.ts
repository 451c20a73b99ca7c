/** What a label of an earlier analysis said, and why it waits for a decision, in words. */

import type { CarriedLabel, Schema } from "./types";

/** The two sentences of one label: what was said, and what the new analysis has there. */
export function carriedText(label: CarriedLabel, schema: Schema): { said: string; now: string } {
  const name = (key: string) => schema.classes.find((c) => c.key === key)?.name ?? key;
  const said =
    label.state === "rejected"
      ? `${label.by} rejected this cell.`
      : label.label_key
        ? `${label.by} classified this cell as ${name(label.label_key)}.`
        : `${label.by} confirmed this cell as ${name(label.machine_before)}.`;
  if (label.why === "no-partner") return { said, now: "The new analysis has no cell here." };
  if (label.machine_now === label.machine_before)
    return { said, now: `The classes of the new analysis do not include ${name(label.label_key)}.` };
  return { said, now: `The machine now says ${name(label.machine_now)}; before, ${name(label.machine_before)}.` };
}

/** What keeping the label does. */
export function keepText(label: CarriedLabel): string {
  if (label.why === "no-partner") return label.state === "rejected" ? "Leave it out" : "Add the cell";
  return "Keep the label";
}
