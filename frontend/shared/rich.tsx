import { Fragment, type ReactNode } from "react";
import { LOCALE, pluralForm, unfilled } from "./catalogue";

type Parts = Readonly<Record<string, ReactNode>>;

const numbers = new Intl.NumberFormat(LOCALE);

/** A phrase whose places hold elements: `rich("Seen by {who}", { who: <b>Ada</b> })`. A translation may put them in another order. */
export function rich(english: string, parts: Parts): ReactNode {
  return placed(unfilled(english), parts);
}

/** The same for a phrase that depends on a number. */
export function richPlural(n: number, one: string, many: string, parts: Parts = {}): ReactNode {
  return placed(pluralForm(n, one, many), { n, ...parts });
}

function placed(phrase: string, parts: Parts): ReactNode {
  return phrase.split(/\{(\w+)\}/).map((piece, index) => {
    const part = index % 2 ? parts[piece] : piece;
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one phrase never change places
    return <Fragment key={index}>{typeof part === "number" ? numbers.format(part) : part}</Fragment>;
  });
}
