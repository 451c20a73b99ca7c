/** What a label of an earlier analysis said, and why it waits for a decision, in words. */

import { t } from "./catalogue";
import type { CarriedLabel, Schema } from "./types";

/** The two sentences of one label: what was said, and what the new analysis has there. */
export function carriedText(label: CarriedLabel, schema: Schema): { before: string; now: string } {
  const name = (key: string) => schema.classes.find((c) => c.key === key)?.name ?? key;
  const before =
    label.state === "rejected"
      ? t("{by} rejected this cell.", { by: label.by })
      : label.label_key
        ? t("{by} classified this cell as {name}.", { by: label.by, name: name(label.label_key) })
        : t("{by} confirmed this cell as {name}.", { by: label.by, name: name(label.machine_before) });
  if (label.why === "no-partner") return { before, now: t("The new analysis has no cell here.") };
  if (label.machine_now === label.machine_before)
    return {
      before,
      now: t("The classes of the new analysis do not include {name}.", { name: name(label.label_key) }),
    };
  return {
    before,
    now: t("The machine now says {now}; before, {before}.", {
      now: name(label.machine_now),
      before: name(label.machine_before),
    }),
  };
}

/** What keeping the label does. */
export function keepText(label: CarriedLabel): string {
  if (label.why === "no-partner") return label.state === "rejected" ? t("Leave it out") : t("Add the cell");
  return t("Keep the label");
}
