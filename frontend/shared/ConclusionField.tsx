import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { get } from "./api";
import { t } from "./catalogue";
import "./conclusion.css";
import { offered, phrasesFor, withAppended, withPhrase } from "./phrases";
import type { Phrase } from "./types";

interface Props {
  value: string;
  /** The examinations whose phrases are offered, beside those for all. */
  assays: string[];
  onChange(text: string): void;
}

/** The conclusion of a report: typed, with the laboratory's phrases by their codes, or begun with a template. */
export function ConclusionField({ value, assays, onChange }: Props) {
  const phrases = useQuery({ queryKey: ["phrases"], queryFn: () => get<Phrase[]>("/api/v1/phrases/") });
  const mine = phrasesFor(phrases.data ?? [], assays);
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const [index, setIndex] = useState(0);
  const [closed, setClosed] = useState(false);
  const id = useId();
  const list = closed ? [] : offered(mine, { text: value, caret });
  const at = Math.min(index, list.length - 1);

  function pick(phrase: Phrase) {
    const after = withPhrase({ text: value, caret }, phrase);
    onChange(after.text);
    setClosed(true);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(after.caret, after.caret);
    });
  }

  function press(event: KeyboardEvent) {
    const phrase = list[at];
    if (!phrase) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : list.length - 1;
      setIndex((at + step) % list.length);
    } else if (event.key === "Enter" || event.key === "Tab") pick(phrase);
    else if (event.key === "Escape") setClosed(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="conclusion-field">
      <label htmlFor={`${id}-text`}>{t("Conclusion")}</label>
      <textarea
        id={`${id}-text`}
        ref={area}
        rows={4}
        value={value}
        aria-controls={list.length ? `${id}-list` : undefined}
        aria-activedescendant={list.length ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        placeholder={mine.length ? t("Type, or start with the code of a phrase") : undefined}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
          setIndex(0);
          setClosed(false);
        }}
        onKeyDown={press}
        onBlur={() => setClosed(true)}
      />
      {list.length > 0 && (
        <div role="listbox" id={`${id}-list`} aria-label={t("Phrases")} className="offered">
          {list.map((phrase, place) => (
            <div
              key={phrase.code}
              id={`${id}-${place}`}
              role="option"
              tabIndex={-1}
              aria-selected={place === at}
              onMouseDown={(event) => {
                event.preventDefault();
                pick(phrase);
              }}
            >
              <code>{phrase.code}</code> {phrase.text}
            </div>
          ))}
        </div>
      )}
      {mine.length > 0 && (
        <PhraseSelect phrases={mine} empty={!value.trim()} onPick={(p) => onChange(withAppended(value, p))} />
      )}
    </div>
  );
}

/** The same by mouse: templates while nothing is written, phrases at any time. */
function PhraseSelect({ phrases, empty, onPick }: { phrases: Phrase[]; empty: boolean; onPick(phrase: Phrase): void }) {
  const options = phrases.filter((phrase) => empty || phrase.kind === "phrase");
  if (!options.length) return null;
  return (
    <select
      aria-label={t("Add a phrase of the laboratory")}
      value=""
      onChange={(event) => {
        const phrase = options.find((one) => one.code === event.target.value);
        if (phrase) onPick(phrase);
      }}
    >
      <option value="">{t("Add a phrase…")}</option>
      {options.map((phrase) => (
        <option key={phrase.code} value={phrase.code}>
          {phrase.kind === "template" ? t("Template: {phrase}", { phrase: lineOf(phrase) }) : lineOf(phrase)}
        </option>
      ))}
    </select>
  );
}

function lineOf({ code, text }: Phrase): string {
  return `${code} – ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}
