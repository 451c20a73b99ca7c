import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import english from "../../locale/en/frontend.json";
import { localeOf, type Phrases, plural, t } from "./catalogue";

/** The front end's modules as a page in that language loads them. */
function page(lang: string, phrases: Phrases): void {
  vi.resetModules();
  vi.stubGlobal("document", {
    documentElement: { lang },
    getElementById: (id: string) => (id === "phrases" ? { textContent: JSON.stringify(phrases) } : null),
  });
}

const foreign = (text: string) => `⟦${text}⟧`;
const PSEUDO: Phrases = Object.fromEntries(
  Object.entries(english).map(([key, value]) => [
    key,
    typeof value === "string" ? foreign(value) : { one: foreign(value.one), other: foreign(value.other) },
  ]),
);

afterEach(() => vi.unstubAllGlobals());

describe("a phrase", () => {
  it("is its own English where the page brings no other, with values in their places", () => {
    expect(t("Signed as version {version}.", { version: "3" })).toBe("Signed as version 3.");
    expect(plural(1, "{n} cell", "{n} cells")).toBe("1 cell");
    expect(plural(2310, "{n} cell", "{n} cells")).toBe("2,310 cells");
    expect(t("{who} said {what}", { who: "{what}", what: "no" })).toBe("{what} said no");
  });

  it("takes the form that the page's language has for a number, and English where it is not translated", async () => {
    page("pl", { "{n} cell": { one: "{n} komórka", few: "{n} komórki", many: "{n} komórek" } });
    const own = await import("./catalogue");
    expect([1, 3, 5].map((n) => own.plural(n, "{n} cell", "{n} cells"))).toEqual([
      "1 komórka",
      "3 komórki",
      "5 komórek",
    ]);
    expect(own.t("Sign…")).toBe("Sign…");
  });
});

describe("dates and numbers", () => {
  it("are written as the reader's variety of the page's language has them", () => {
    expect(localeOf("en", ["de-DE", "en-US"])).toBe("en-US");
    expect(localeOf("en", ["de-DE", "en"])).toBe("en-GB");
    expect(localeOf("de", ["en-US"])).toBe("de");
    expect(localeOf("de", ["de-CH", "de-DE"])).toBe("de-CH");
  });

  it("follow a page in another language", async () => {
    page("de", {});
    const { day, fixed, percent } = await import("./format");
    expect(fixed(0.25, 2)).toBe("0,25");
    expect(percent({ value: 45, low: 38, high: 52.2 })).toBe("45,0 % (38,0–52,2)");
    expect(day("2026-11-28T12:00:00Z")).toMatch(/28\. Nov\.? 2026/);
  });
});

describe("a page in another language", () => {
  it("holds no English of ours", async () => {
    page("en-xa", PSEUDO);
    vi.stubGlobal("HTMLElement", class {});
    const { CountsBar } = await import("../counts/CountsBar");
    const { explained } = await import("../counts/CountsTable");
    const { Objectives } = await import("../viewer/Objectives");
    const { KEYS } = await import("../room/keys");
    const nothing = () => undefined;
    const markup = [
      createElement(CountsBar, {
        counts: null,
        trouble: { job: null, problem: "", onRead: nothing, onRetry: null },
        waiting: 0,
      }),
      createElement(Objectives, {
        um_per_px: 0.25,
        panel: false,
        changed: false,
        onObjective: nothing,
        onRotate: nothing,
        onFlip: nothing,
        onPanel: nothing,
        onLabel: nothing,
        onFullScreen: nothing,
      }),
    ].map((element) => renderToStaticMarkup(element));
    const texts = markup.join("").match(/(?<=>)[^<]+(?=<)|(?<=(?:title|aria-label)=")[^"]*/g) ?? [];
    const words = texts.filter((text) => /\p{L}/u.test(text));
    expect(words.length).toBeGreaterThan(5);
    expect(words.filter((text) => !/^⟦.*⟧$/u.test(text))).toEqual([]);
    expect(KEYS.filter((k) => !k.what.startsWith("⟦"))).toEqual([]);
    const none = { renamed_away: 0, renamed_here: 0, added: 0, cut: 0, outside: 0, confirmed: 0, counted: 0 };
    expect(explained({ ...none, machine: 3, rejected: 1 })).toBe("3 ⟦detected by the machine⟧; 1 ⟦of these rejected⟧");
  });
});
