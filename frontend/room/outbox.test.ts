import { describe, expect, it } from "vitest";
import { NO_LABELS } from "./labels";
import { type Edit, Outbox, type Outcome, withWaiting } from "./outbox";

function shelf() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (k: string) => items.get(k) ?? null,
    setItem: (k: string, v: string) => void items.set(k, v),
    removeItem: (k: string) => void items.delete(k),
  };
}

const edit = (id: string, rows: number[], label: number | null = null): Edit => ({
  kind: "label",
  job: "j",
  id,
  action: label === null ? "confirm" : "relabel",
  rows,
  added: [],
  label,
  base_revision: 3,
  force: false,
});

describe("edits on their way", () => {
  it("wait in order while the server cannot be reached, and are sent once each when it can", async () => {
    let up = false;
    const sent: string[] = [];
    const box = new Outbox(shelf(), "k", async (e): Promise<Outcome> => {
      if (!up) return "waiting";
      sent.push(e.id);
      return "sent";
    });
    expect(await box.put(edit("a", [1]))).toBe("waiting");
    expect(await box.put(edit("b", [2]))).toBe("waiting");
    up = true;
    expect(await box.put(edit("c", [3]))).toBe("sent");
    await Promise.all([box.flush(), box.flush()]);
    expect(sent).toEqual(["a", "b", "c"]);
    expect(box.get()).toEqual([]);
  });
  it("tell each its own outcome, also where two leave together", async () => {
    const box = new Outbox(shelf(), "k", async (e): Promise<Outcome> => {
      await Promise.resolve();
      return e.id === "b" ? "refused" : "sent";
    });
    const outcomes = await Promise.all([box.put(edit("a", [1])), box.put(edit("b", [2])), box.put(edit("c", [3]))]);
    expect(outcomes).toEqual(["sent", "refused", "sent"]);
  });
  it("outlive the page", async () => {
    const place = shelf();
    await new Outbox(place, "k", async () => "waiting").put(edit("a", [1]));
    const next = new Outbox(place, "k", async () => "sent");
    expect(next.get().map((e) => e.id)).toEqual(["a"]);
    await next.flush();
    expect(place.items.size).toBe(0);
  });
  it("can be taken back, newest first, while they wait", async () => {
    const box = new Outbox(shelf(), "k", async () => "waiting");
    await box.put(edit("a", [1]));
    await box.put(edit("b", [2]));
    expect(box.takeBack("other")).toBeNull();
    expect(box.takeBack("j")?.id).toBe("b");
    expect(box.get().map((e) => e.id)).toEqual(["a"]);
  });
  it("show on the cells of their own job at once", () => {
    const labels = withWaiting(NO_LABELS, [edit("a", [7]), edit("b", [7], 4)], "j", "Tess");
    expect(labels.rows.get(7)).toEqual({ label: 4, state: "relabelled", by: "Tess" });
    expect(withWaiting(NO_LABELS, [edit("a", [7])], "another", "Tess")).toBe(NO_LABELS);
  });
});
