import { afterEach, describe, expect, it, vi } from "vitest";
import { get, send } from "./api";

describe("a request", () => {
  afterEach(() => vi.unstubAllGlobals());
  const asked = (person: string | undefined) => {
    const fetched = vi.fn(async (_: string, _init: RequestInit) => new Response("{}"));
    vi.stubGlobal("fetch", fetched);
    vi.stubGlobal("document", { cookie: "csrftoken=abc", documentElement: { dataset: person ? { person } : {} } });
    return fetched;
  };
  it("names the person the page was made for, beside its own headers", async () => {
    const fetched = asked("7");
    await get("/a/");
    await send("POST", "/b/", { x: 1 });
    const headers = fetched.mock.calls.map(([, init]) => init.headers as Record<string, string>);
    expect(headers.map((h) => h["X-HemaView-Person"])).toEqual(["7", "7"]);
    expect([headers[0]?.Accept, headers[1]?.["X-CSRFToken"]]).toEqual(["application/json", "abc"]);
  });
  it("names nobody where nobody is signed in", async () => {
    const fetched = asked(undefined);
    await get("/a/");
    expect(fetched.mock.calls[0]?.[1].headers).not.toHaveProperty("X-HemaView-Person");
  });
});
