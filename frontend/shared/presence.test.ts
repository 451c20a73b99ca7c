import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { forgetPresence, hearPresence, initials } from "./presence";

test("who is there is kept apart from what the page has read, and forgotten when the socket opens anew", () => {
  const client = new QueryClient();
  const people = [{ id: 2, name: "Paul Meyer" }];
  expect(hearPresence(client, "T-1", { type: "case" })).toBe(false);
  expect(hearPresence(client, "T-1", { type: "presence", people } as { type: string })).toBe(true);
  expect(client.getQueryData(["presence", "T-1"])).toEqual(people);
  expect(client.getQueryData(["room", "T-1"])).toBeUndefined();
  forgetPresence(client, "T-1");
  expect(client.getQueryData(["presence", "T-1"])).toEqual([]);
});

test("people are known by the first letters of their names", () => {
  expect(initials("Paul Ito")).toBe("PI");
  expect(initials(" ada ")).toBe("A");
  expect(initials("Ana Maria de Souza")).toBe("AS");
});
