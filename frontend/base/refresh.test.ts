import { expect, test } from "vitest";
import { refreshAfter } from "./refresh";

function tried(seconds: number, formInUse: boolean): { reloads: number; waits: number[] } {
  const counts = { reloads: 0, waits: [] as number[] };
  refreshAfter(
    seconds,
    () => formInUse,
    () => {
      counts.reloads += 1;
    },
    (f, ms) => {
      counts.waits.push(ms);
      if (counts.waits.length < 3) f();
    },
  );
  return counts;
}

test("a busy page is read again after so many seconds, another one never", () => {
  expect(tried(5, false)).toEqual({ reloads: 1, waits: [5000] });
  expect(tried(Number.NaN, false)).toEqual({ reloads: 0, waits: [] });
});

test("nobody is interrupted in a form", () => {
  expect(tried(5, true)).toEqual({ reloads: 0, waits: [5000, 5000, 5000] });
});
