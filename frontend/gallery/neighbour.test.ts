import { describe, expect, it } from "vitest";
import { acrossLines } from "./neighbour";

const line = (top: number, keys: string) => [...keys].map((key, i) => ({ key, left: 86 * i, top }));

describe("arrow keys in the differential", () => {
  const boxes = [...line(0, "abcdef"), ...line(86, "gh"), ...line(210, "ijkl")];
  it("go to the picture above and below, across classes of unequal length", () => {
    expect([acrossLines(boxes, "b", 1), acrossLines(boxes, "e", 1), acrossLines(boxes, "h", 1)]).toEqual([
      "h",
      "h",
      "j",
    ]);
    expect([acrossLines(boxes, "l", -1), acrossLines(boxes, "g", -1)]).toEqual(["h", "a"]);
  });
  it("stay at the first and the last line, and begin where nothing is chosen", () => {
    expect([acrossLines(boxes, "a", -1), acrossLines(boxes, "k", 1), acrossLines(boxes, "", 1)]).toEqual([
      null,
      null,
      "a",
    ]);
  });
});
