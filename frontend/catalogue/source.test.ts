import { describe, expect, it } from "vitest";
import english from "../../locale/en/frontend.json";
import { readFrontEnd, readSource } from "./source";

const front = readFrontEnd();

describe("what the front end says to people", () => {
  it("passes through the catalogue, every word of it", () => {
    expect(front.outside).toEqual([]);
  });

  it("is written where it can be extracted, and a phrase has the same forms everywhere", () => {
    expect(front.unclear).toEqual([]);
  });

  it("is what the committed catalogue holds; `npm run catalogue` writes it", () => {
    expect(english).toEqual(front.phrases);
  });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: sources in quotes
describe("a source", () => {
  const outside = (text: string) => readSource("page.tsx", text).outside.map((line) => line.replace(/^.*?: /, ""));

  it("is refused for words on the page that are not in the catalogue", () => {
    expect(outside("<p>Seen by all</p>")).toEqual(["Seen by all"]);
    expect(outside('<p title="Seen" />')).toEqual(['title="Seen"']);
    expect(outside("<input placeholder={`by ${who}`} />")).toHaveLength(1);
    expect(outside('<p>{all ? "all" : t("some")}</p>')).toHaveLength(1);
    expect(outside('<p>{n} {n === 1 ? "cell" : "cells"}</p>')).toHaveLength(1);
    expect(outside('say("The cell is gone.")')).toEqual(['"The cell is gone."']);
    expect(outside("say(`Signed by ${who}.`)")).toHaveLength(1);
    expect(outside('const NAMES = { signed: "Signed" }')).toEqual(['"Signed"']);
  });

  it("passes with code: classes, keys, addresses, comparisons, units", () => {
    expect(outside('<p className="one two" data-testid="a b">{um} µm</p>')).toEqual([]);
    expect(outside('if (event.key === "Enter" || name === "Some name") get(`/api/cases/${a}/read it`)')).toEqual([]);
    expect(outside('<p>{t("Seen by {who}", { who })}</p>')).toEqual([]);
  });

  it("gives its phrases with the forms of those that depend on a number", () => {
    const { phrases } = readSource(
      "page.tsx",
      't(a ? "On" : "Off"); plural(n, "{n} cell", "{n} cells"); rich("By {who}", {})',
    );
    expect(phrases).toEqual({
      On: "On",
      Off: "Off",
      "{n} cell": { one: "{n} cell", other: "{n} cells" },
      "By {who}": "By {who}",
    });
  });

  it("gives phrases also where strings are names for machines", () => {
    expect(readSource("page.tsx", '<Fact name={t("Patient")} className={`a b ${c}`} />')).toMatchObject({
      phrases: { Patient: "Patient" },
      outside: [],
    });
  });

  it("is refused where a phrase is put together before it is looked up", () => {
    expect(readSource("page.ts", "t(`Seen by ${who}`)").unclear).toHaveLength(1);
    expect(readSource("page.ts", "t(name)").unclear).toHaveLength(1);
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: sources in quotes
