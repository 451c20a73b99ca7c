import { describe, expect, it } from "vitest";
import { Line } from "./line";

describe("the line to the server", () => {
  it("asks until the server answers, then says that it is back", async () => {
    let calls = 0;
    const line = new Line(async () => ++calls > 2, 1);
    line.lost("requests");
    expect(line.get().requests).toBe(false);
    expect(line.get().lost_at).not.toBeNull();
    await line.back();
    expect(calls).toBe(3);
    expect(line.get()).toMatchObject({ requests: true, lost_at: null, returns: 1 });
  });
  it("is not whole while news do not arrive", async () => {
    const line = new Line(async () => true, 1);
    line.lost("news");
    await line.back();
    expect(line.get()).toMatchObject({ requests: true, news: false });
    expect(line.get().lost_at).not.toBeNull();
    line.reached("news");
    expect(line.get()).toMatchObject({ news: true, lost_at: null, returns: 1 });
  });
});
