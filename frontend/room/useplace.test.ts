import { describe, expect, it } from "vitest";
import { readPlace } from "../viewer/place";
import { onHash, standingAt } from "./useplace";

describe("a link to a place that is followed in the page it leads to", () => {
  it("is told at once, and no more once nobody listens", () => {
    const page = Object.assign(new EventTarget(), { location: { hash: "" } });
    const told: string[] = [];
    const stop = onHash(page as unknown as Window, (hash) => told.push(hash));
    page.location.hash = "#x=300&y=300&z=20";
    page.dispatchEvent(new Event("hashchange"));
    stop();
    page.dispatchEvent(new Event("hashchange"));
    expect(told).toEqual(["#x=300&y=300&z=20"]);
  });
  it("moves the slide there, upright unless the link says otherwise", () => {
    const now = { x: 1, y: 2, z: 60, turn_degrees: 45, flip: true };
    expect(standingAt(readPlace("#x=300&y=310&z=20"), now)).toEqual({
      x: 300,
      y: 310,
      z: 20,
      turn_degrees: 0,
      flip: false,
    });
    expect(standingAt(readPlace("#x=300&y=310&turn=90&flip=1"), now)).toMatchObject({
      z: 60,
      turn_degrees: 90,
      flip: true,
    });
    expect(standingAt(readPlace("#cell=4"), now)).toBeNull();
  });
});
