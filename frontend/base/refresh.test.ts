import { expect, test } from "vitest";
import { refreshAfter } from "./refresh";

function tried(seconds: number, formInUse: boolean): { reloads: number; waits: number[] } {
  const seen = { reloads: 0, waits: [] as number[] };
  refreshAfter(
    seconds,
    () => formInUse,
    () => {
      seen.reloads += 1;
    },
    (f, ms) => {
      seen.waits.push(ms);
      if (seen.waits.length < 3) f();
    },
  );
  return seen;
}

test("a busy page is read again after so many seconds, another one never", () => {
  expect(tried(5, false)).toEqual({ reloads: 1, waits: [5000] });
  expect(tried(Number.NaN, false)).toEqual({ reloads: 0, waits: [] });
});

test("nobody is interrupted in a form", () => {
  expect(tried(5, true)).toEqual({ reloads: 0, waits: [5000, 5000, 5000] });
});
