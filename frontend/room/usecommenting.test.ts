import { expect, test } from "vitest";
import { isWaiting } from "./usecommenting";

test("a comment field that is asked for keeps the keys until it opens, of its own cell alone", () => {
  expect(isWaiting("job 7", "job 7", "")).toBe(true);
  expect(isWaiting("", "job 7", "")).toBe(false);
  expect(isWaiting("job 7", "job 8", "")).toBe(false);
});

test("a card that does not come gives the keys back", () => {
  expect(isWaiting("job 7", "job 7", "This cell cannot be shown.")).toBe(false);
});
