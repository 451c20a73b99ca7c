import { describe, expect, it } from "vitest";
import { pressesMeant } from "./meant";

describe("a press of a row's button", () => {
  it("counts once where it is a double click, whichever row lies under the second", () => {
    const isMeant = pressesMeant();
    expect([isMeant({ detail: 1, timeStamp: 100 }), isMeant({ detail: 2, timeStamp: 250 })]).toEqual([true, false]);
    expect(isMeant({ detail: 1, timeStamp: 400 })).toBe(false);
  });
  it("counts again after a pause", () => {
    const isMeant = pressesMeant();
    expect([isMeant({ detail: 1, timeStamp: 100 }), isMeant({ detail: 1, timeStamp: 700 })]).toEqual([true, true]);
  });
  it("by a key that is held down counts once", () => {
    const isMeant = pressesMeant();
    const held = [0, 500, 530, 560, 900, 1300].map((timeStamp) => isMeant({ detail: 0, timeStamp }));
    expect(held).toEqual([true, false, false, false, false, false]);
  });
});
