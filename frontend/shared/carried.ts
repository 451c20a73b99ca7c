/** What a label of an earlier analysis said, and why it waits for a decision, in words. */

import { plural, t } from "./catalogue";
import type { CarriedLabel, CellClass, Schema } from "./types";

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
  const hasClass = schema.classes.some((c) => c.key === label.label_key);
  if (label.label_key && !hasClass)
    return {
      before,
      now: t("The classes of the new analysis do not include {name}.", { name: name(label.label_key) }),
    };
  if (!label.machine_now) return { before, now: t("The new analysis has another cell here.") };
  if (!label.machine_before || label.machine_now === label.machine_before)
    return { before, now: t("The machine says {now}.", { now: name(label.machine_now) }) };
  return {
    before,
    now: t("The machine now says {now}; before, {before}.", {
      now: name(label.machine_now),
      before: name(label.machine_before),
    }),
  };
}

/** The class that a person gave or confirmed, and the machine's class now: each by name, and as the new analysis has it. */
export function classesOf(label: CarriedLabel, schema: Schema): { person: ClassNamed; machine: ClassNamed } {
  const of = (key: string): ClassNamed => {
    const cell = schema.classes.find((c) => c.key === key);
    return { name: cell?.name ?? key, cell };
  };
  const none = (name: string): ClassNamed => ({ name, cell: undefined });
  return {
    person: label.state === "rejected" ? none(t("Rejected")) : of(label.label_key || label.machine_before),
    machine: label.machine_now ? of(label.machine_now) : none(label.row === null ? t("No such cell") : t("unknown")),
  };
}

interface ClassNamed {
  name: string;
  /** Undefined where the new analysis has no such class. */
  cell: CellClass | undefined;
}

/** Where the picture of a label's cell is, or of its place where the new analysis has no cell. */
export function pictureOf(jobId: string, label: CarriedLabel): string {
  const of = label.row === null ? `carried/${label.id}` : `cells/${label.row}`;
  return `/api/v1/jobs/${jobId}/${of}/crop.jpg?size=96`;
}

/** What was decided on how many labels. */
export function decidedText({ ids, keep }: Decision): string {
  return keep
    ? plural(ids.length, "{n} label kept.", "{n} labels kept.")
    : plural(ids.length, "{n} label dropped.", "{n} labels dropped.");
}

/** How many of several labels could not be decided on as asked, and why the first could not. */
export function failedText(failed: readonly string[], of: number): string {
  if (!failed.length) return "";
  if (of === 1) return failed[0] ?? "";
  return plural(failed.length, "{n} of {of} labels still waits. {reason}", "{n} of {of} labels still wait. {reason}", {
    of,
    reason: failed[0] ?? "",
  });
}

/** Keep or drop these labels. */
export interface Decision {
  ids: readonly string[];
  keep: boolean;
}

/** What keeping the label does. */
export function keepText(label: CarriedLabel): string {
  if (label.why === "no-partner") return label.state === "rejected" ? t("Leave it out") : t("Add the cell");
  return t("Keep the label");
}
