import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TileAccess } from "../shared/types";

const get = vi.fn();
vi.mock("../shared/api", () => ({
  get: (url: string) => get(url),
  Problem: class extends Error {
    constructor(
      readonly status: number,
      message: string,
    ) {
      super(message);
    }
  },
}));

import { Problem } from "../shared/api";
import { Renewer } from "./access";

const access = (base: string) => ({ base, expires_in_s: 600 }) as unknown as TileAccess;

describe("the right to fetch tiles", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    get.mockReset();
    vi.stubGlobal("document", {
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      hidden: false,
    });
    vi.stubGlobal("window", globalThis);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is asked for at once where the page brought none", async () => {
    get.mockResolvedValue(access("/tiles/a/1/"));
    const answers: TileAccess[] = [];
    const renewer = new Renewer("a", null);
    renewer.start(
      (a) => answers.push(a),
      () => undefined,
    );
    await vi.advanceTimersByTimeAsync(1);
    expect(get.mock.calls).toEqual([["/api/v1/slides/a/tiles/"]]);
    expect(answers).toHaveLength(1);
    renewer.stop();
  });

  it("is renewed before it ends, and not before that", async () => {
    get.mockResolvedValue(access("/tiles/a/1/"));
    const renewer = new Renewer("a", access("/tiles/a/1/"));
    renewer.start(
      () => undefined,
      () => undefined,
    );
    await vi.advanceTimersByTimeAsync(440_000);
    expect(get).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(get).toHaveBeenCalledTimes(1);
    renewer.stop();
  });

  it("is not renewed for a slide that was left while an answer was under way", async () => {
    let answer: (access: TileAccess) => void = () => undefined;
    get.mockReturnValue(new Promise<TileAccess>((resolve) => (answer = resolve)));
    const renewer = new Renewer("a", null);
    renewer.start(
      () => undefined,
      () => undefined,
    );
    await vi.advanceTimersByTimeAsync(1);
    renewer.stop();
    answer(access("/tiles/a/1/"));
    await vi.advanceTimersByTimeAsync(2_000_000);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it("says why when it is withdrawn, and does not hammer", async () => {
    get.mockRejectedValue(
      new (Problem as unknown as new (s: number, m: string) => Error)(404, "There is no such slide."),
    );
    const problems: string[] = [];
    const renewer = new Renewer("a", access("/tiles/a/1/"));
    renewer.start(
      () => undefined,
      (text) => problems.push(text),
    );
    await vi.advanceTimersByTimeAsync(5_000);
    renewer.lookAgain();
    renewer.lookAgain();
    await vi.advanceTimersByTimeAsync(1);
    expect(problems).toEqual(["There is no such slide."]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(get).toHaveBeenCalledTimes(1);
    renewer.stop();
  });
});
