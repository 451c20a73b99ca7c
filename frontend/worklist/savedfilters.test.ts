import { describe, expect, it } from "vitest";
import { read, withFilter, without } from "./savedfilters";

describe("saved filters", () => {
  it("reads what was kept, and nothing of what is none", () => {
    expect(read(null)).toEqual({});
    expect(read("[1")).toEqual({});
    expect(read('["a"]')).toEqual({});
    expect(read('{"mine":"reader=tess","odd":3}')).toEqual({ mine: "reader=tess" });
  });
  it("keeps one more by its name and forgets it again", () => {
    const kept = withFilter({}, "  marrow ", "specimen=marrow");
    expect(kept).toEqual({ marrow: "specimen=marrow" });
    expect(withFilter(kept, "  ", "x")).toBe(kept);
    expect(without(kept, "marrow")).toEqual({});
  });
});
