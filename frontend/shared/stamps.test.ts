import { expect, test } from "vitest";
import { sameStamps } from "./stamps";

test("counts are the same where the same analyses have the same stamps, in whatever order", () => {
  expect(sameStamps({ a: "1", b: "2" }, { b: "2", a: "1" })).toBe(true);
  expect(sameStamps({ a: "1" }, { a: "2" })).toBe(false);
  expect(sameStamps({ a: "1" }, { a: "1", b: "2" })).toBe(false);
  expect(sameStamps({ a: "1", b: "2" }, { a: "1" })).toBe(false);
  expect(sameStamps({ a: "1" }, { b: "1" })).toBe(false);
});
