import { describe, expect, it } from "vitest";
import { halfInside } from "./onscreen";

describe("a picture of the gallery", () => {
  it("is on screen from its half on", () => {
    const list = { top: 100, bottom: 300 };
    expect(halfInside({ top: 60, bottom: 140 }, list)).toBe(true);
    expect(halfInside({ top: 59, bottom: 139 }, list)).toBe(false);
    expect(halfInside({ top: 270, bottom: 350 }, list)).toBe(false);
    expect(halfInside({ top: 400, bottom: 480 }, list)).toBe(false);
  });
});
