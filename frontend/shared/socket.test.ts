import { afterEach, describe, expect, it, vi } from "vitest";
import { live } from "./socket";

class FakeSocket {
  static made: FakeSocket[] = [];
  onopen = () => {};
  onclose = (_: { code: number }) => {};
  close = () => {};
  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
}

describe("a socket of live news", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    FakeSocket.made = [];
  });
  it("whose person may hear no more reads the truth once, which says why, and does not come back", () => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("location", { protocol: "http:", host: "h" });
    vi.stubGlobal("window", { setTimeout, clearTimeout });
    const read = vi.fn();
    live("/ws/", () => {}, read);
    FakeSocket.made[0]?.onopen();
    FakeSocket.made[0]?.onclose({ code: 4403 });
    vi.advanceTimersByTime(60_000);
    expect([read.mock.calls.length, FakeSocket.made.length]).toEqual([2, 1]);
    vi.useRealTimers();
  });
});
