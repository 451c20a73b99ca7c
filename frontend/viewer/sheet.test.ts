import { describe, expect, it } from "vitest";
import type { Affine } from "./glue";
import { sameLinear } from "./sheet";

describe("a sheet of marks", () => {
  it("is moved by a pan, and not by a turn or another magnification", () => {
    const at: Affine = [0.5, 0, 0, 0.5, 10, 20];
    expect(sameLinear(at, [0.5, 0, 0, 0.5, -300, 7.5])).toBe(true);
    expect(sameLinear(at, [0.51, 0, 0, 0.51, 10, 20])).toBe(false);
    expect(sameLinear(at, [0, 0.5, -0.5, 0, 10, 20])).toBe(false);
  });
});
