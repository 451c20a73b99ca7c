import { describe, expect, it } from "vitest";
import type { AddedCell } from "../shared/types";
import { NO_LABELS, withAnswer } from "./labels";
import { addedChanged, addedOf, listFor } from "./usegallery";

const cell = (id: string) => ({ id, x: 1, y: 2, w: 3, h: 4, label: 1, state: "relabelled", by: "t" }) as AddedCell;
const stands = (labels: typeof NO_LABELS, jobId = "j") => ({ jobId, added: addedOf(labels) });

describe("the list of the gallery", () => {
  const none = { ...NO_LABELS, reading: "r" };
  const one = withAnswer(none, { revision: 1, added: [cell("a")] });

  it("is read again when the first cell comes with the reading that it begins", () => {
    expect(addedChanged(stands(NO_LABELS), stands(one))).toBe(true);
  });

  it("is read again when an added cell comes, is undone and is done again", () => {
    const undone = withAnswer(one, { revision: 2, gone: ["a"] });
    const redone = withAnswer(undone, { revision: 3, added: [cell("a")] });
    expect(addedChanged(stands(none), stands(one))).toBe(true);
    expect(addedChanged(stands(one), stands(undone))).toBe(true);
    expect(addedChanged(stands(undone), stands(redone))).toBe(true);
  });

  it("stays as it is when a class changes, while a cell waits to be sent, and for another job's cells", () => {
    const renamed = withAnswer(one, { revision: 2, added: [{ ...cell("a"), label: 5 }] });
    const waiting = { ...one, added: [...one.added, cell("waiting 1")] };
    expect(addedChanged(stands(one), stands(renamed))).toBe(false);
    expect(addedChanged(stands(one), stands(waiting))).toBe(false);
    expect(addedChanged(stands(none), stands(one, "k"))).toBe(false);
  });
});

describe("a list that belongs to one analysis", () => {
  const of = { job: "j", of: 7 };

  it("is shown in that analysis, and no other one lists cells by its outline or by its row", () => {
    expect(listFor("outlined", "j", of, null)).toBe("outlined");
    expect(listFor("alike", "j", null, of)).toBe("alike");
    expect(listFor("outlined", "k", of, null)).toBe("must-see");
    expect(listFor("alike", "k", null, of)).toBe("must-see");
    expect(listFor(3, "k", of, of)).toBe(3);
  });
});
