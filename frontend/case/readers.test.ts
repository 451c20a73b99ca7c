import { describe, expect, it } from "vitest";
import { withoutSecond } from "./Readers";

describe("a case without a second reading", () => {
  it("says that one person read it only where one did", () => {
    expect(withoutSecond([{ by: ["Tess"] }])).toBe("Read by one person; no second reading was asked for.");
    expect(withoutSecond([{ by: [] }])).toBe("No second reading was asked for.");
    expect(withoutSecond([{ by: ["Tess", "Paul"] }])).toBe("No second reading was asked for.");
  });
});
