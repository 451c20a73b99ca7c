import { afterEach, describe, expect, it, vi } from "vitest";
import { get, send } from "./api";

describe("a request", () => {
  afterEach(() => vi.unstubAllGlobals());
  const fetchFor = (person: string | undefined) => {
    const requests = vi.fn(async (_: string, _init: RequestInit) => new Response("{}"));
    vi.stubGlobal("fetch", requests);
    vi.stubGlobal("document", { cookie: "csrftoken=abc", documentElement: { dataset: person ? { person } : {} } });
    return requests;
  };
  it("names the person the page was made for, beside its own headers", async () => {
    const requests = fetchFor("7");
    await get("/a/");
    await send("POST", "/b/", { x: 1 });
    const headers = requests.mock.calls.map(([, init]) => init.headers as Record<string, string>);
    expect(headers.map((h) => h["X-HemaView-Person"])).toEqual(["7", "7"]);
    expect([headers[0]?.Accept, headers[1]?.["X-CSRFToken"]]).toEqual(["application/json", "abc"]);
  });
  it("names nobody where nobody is signed in", async () => {
    const requests = fetchFor(undefined);
    await get("/a/");
    expect(requests.mock.calls[0]?.[1].headers).not.toHaveProperty("X-HemaView-Person");
  });
});
