import { describe, expect, it } from "vitest";
import { type Affine, between, toScreen } from "./glue";
import { fills, isZoom, Motion, sameLinear } from "./sheet";

describe("a sheet of marks", () => {
  it("is moved by a pan, and not by a turn or another magnification", () => {
    const at: Affine = [0.5, 0, 0, 0.5, 10, 20];
    expect(sameLinear(at, [0.5, 0, 0, 0.5, -300, 7.5])).toBe(true);
    expect(sameLinear(at, [0.51, 0, 0, 0.51, 10, 20])).toBe(false);
    expect(sameLinear(at, [0, 0.5, -0.5, 0, 10, 20])).toBe(false);
  });

  it("is stretched to where the slide went, at every angle", () => {
    const from: Affine = [0.4, 0.3, -0.3, 0.4, 10, 20];
    const to: Affine = [-0.2, 0.6, 0.6, 0.2, -50, 7];
    const there = toScreen(to, 123, 456);
    const here = toScreen(between(from, to), ...toScreen(from, 123, 456));
    expect(here[0]).toBeCloseTo(there[0]);
    expect(here[1]).toBeCloseTo(there[1]);
  });

  it("is not used where it would leave an edge of the view without marks", () => {
    const sheet = { width: 1600, height: 1600 };
    const view = { width: 1000, height: 1000 };
    expect(fills([1, 0, 0, 1, -300, -300], sheet, view)).toBe(true);
    expect(fills([2, 0, 0, 2, -1100, -1100], sheet, view)).toBe(true);
    expect(fills([0.5, 0, 0, 0.5, 100, 100], sheet, view)).toBe(false);
    expect(fills([1, 0, 0, 1, 10, -300], sheet, view)).toBe(false);
    // Panned by less than its margin, but the view has grown since.
    expect(fills([1, 0, 0, 1, -300, -580], sheet, { width: 1000, height: 1040 })).toBe(false);
  });

  it("goes on with a zoom, not with a turn", () => {
    const at: Affine = [0.4, 0.3, -0.3, 0.4, 10, 20];
    expect(isZoom(at, [0.8, 0.6, -0.6, 0.8, -30, 4])).toBe(true);
    expect(isZoom(at, [0.5, 0, 0, 0.5, 10, 20])).toBe(false);
    expect(isZoom(at, [-0.4, -0.3, 0.3, -0.4, 10, 20])).toBe(false);
  });

  it("knows that the slide moves also where it comes back to a place", () => {
    const motion = new Motion();
    const at: Affine = [1, 0, 0, 1, 0, 0];
    motion.note(at);
    motion.moved_at_ms = -1;
    motion.note([...at]);
    expect(motion.moved_at_ms).toBe(-1);
    motion.note([2, 0, 0, 2, 0, 0]);
    expect(motion.moved_at_ms).toBeGreaterThanOrEqual(0);
    motion.moved_at_ms = -1;
    motion.note(at);
    expect(motion.moved_at_ms).toBeGreaterThanOrEqual(0);
  });
});
