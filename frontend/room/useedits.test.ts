import { describe, expect, it } from "vitest";
import { Problem } from "../shared/api";
import { putsOff, takenBackText } from "./useedits";

describe("an edit", () => {
  it("waits while the server refuses everything, and is given up where it is refused itself", () => {
    const refused = (status: number, code: string) => putsOff(new Problem(status, code, "", {}));
    expect(refused(401, "not-authenticated")).toBe(true);
    expect(refused(403, "not-authenticated")).toBe(true);
    expect(refused(409, "other-person")).toBe(true);
    expect(refused(429, "throttled")).toBe(true);
    expect(refused(503, "database-down")).toBe(true);
    expect(refused(507, "disk-full")).toBe(true);
    expect(refused(403, "no-right")).toBe(false);
    expect(refused(409, "case-locked")).toBe(false);
    expect(refused(400, "invalid")).toBe(false);
    expect(putsOff(new Error("a fault of the page"))).toBe(false);
  });
  it("that is refused is said to have been taken back, and why", () => {
    expect(takenBackText(new Problem(409, "case-locked", "This case is signed.", {}))).toBe(
      "A label was not saved and has been taken back. This case is signed.",
    );
  });
});
