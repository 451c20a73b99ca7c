import { describe, expect, it } from "vitest";
import { leftText, stopOf } from "./stop";

const share = { count: 0, value: null, low: null, high: null };
const row = (key: string) => ({
  key,
  name: key,
  class: 0,
  machine: share,
  reviewed: { ...share, value: 50 },
  grade: null,
  absolute: null,
  with_machine_errors: null,
});
const section = (n: number, target: number | null) => ({
  key: "differential",
  n: { machine: n, reviewed: n },
  target,
  noun: "white cells",
  floor: 50,
  rows: [row("seg"), row("lymph")],
});

describe("the stop rule", () => {
  it("says how many of how many are confirmed, how many are left, and what each can change", () => {
    const stop = stopOf(section(200, 200), {
      seg: { left: 80, leave: 2.5, come: 0.2 },
      lymph: { left: 8, leave: 0.5, come: 1 },
    });
    expect(stop.text).toBe("112 of 200 white cells confirmed");
    expect(stop.rest).toBe(
      "88 left to confirm · about 3 of them may have another name · each moves a share by 0.5 points",
    );
    expect([stop.settled, stop.share]).toEqual([false, 0.56]);
  });
  it("asks for more cells where the target is not reached, however many are confirmed", () => {
    const stop = stopOf(section(112, 200), {});
    expect(stop.text).toBe("112 of 200 white cells confirmed");
    expect(stop.rest).toBe("88 more cells are needed to reach 200");
    expect(stop.settled).toBe(false);
  });
  it("knows nothing of cells that the number does not hold, though the section lists them", () => {
    const number = (key: string) => ({ ...row(key), reviewed: share });
    const triage = { erythroblast: { left: 3, leave: 0, come: 0 }, lymph: { left: 39, leave: 0, come: 0 } };
    const rows = [number("candidates"), number("erythroblast"), number("lymph")];
    const searched = { ...section(8, null), key: "fetal_nrbc", noun: "candidates", rows };
    const stop = stopOf(searched, triage);
    expect([stop.text, stop.share]).toEqual(["5 of 8 candidates confirmed", 5 / 8]);
    expect(stop.rest).toBe("3 left to confirm · hardly any may have another name");
    const mixed = { ...section(8, null), rows: [row("seg"), number("lymph")] };
    expect(stopOf(mixed, triage).text).toBe("8 of 8 white cells confirmed");
  });
  it("is settled once every counted cell is confirmed", () => {
    const stop = stopOf(section(200, 200), { other: { left: 4, leave: 1, come: 0 } });
    expect([stop.rest, stop.settled, stop.share]).toEqual(["all 200 counted cells are confirmed", true, 1]);
  });
});

describe("a class of the differential", () => {
  it("says what is left of it and how far its share may move", () => {
    expect(leftText({ left: 12, leave: 0.4, come: 1.2 }, 200)).toBe("12 left, may move −0.2 to +0.6 points");
    expect(leftText({ left: 3, leave: 0, come: 0 }, 200)).toBe("3 left");
    expect(leftText({ left: 0, leave: 0, come: 2 }, 200)).toBe("may move −0.0 to +1.0 points");
    expect(leftText({ left: 6, leave: 2.5, come: 0.7 }, 0)).toBe("6 left");
    expect(leftText(undefined, 200)).toBe("");
  });
});
