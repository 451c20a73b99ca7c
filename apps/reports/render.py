"""A report's document to HTML and PDF."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import plutoprint
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop, ngettext

from apps.analysis.scorewords import role_words
from apps.reports.fonts import Font, code_point, fonts_for, unprintable
from apps.review.agreement import KAPPA_FROM
from apps.slides.models import Slide
from hemaview.counting.words import cells_of, unit_beside
from hemaview.words import all_of

NO_PDF = gettext_noop("This report was signed without a PDF; its HTML is what was signed.")


UNBROKEN_ROWS = 8
"""A table of no more rows stays on one page; a longer one begins where there is room, and its head comes again."""


def html(document: dict[str, Any], signature: dict[str, Any] | None, standing: Sequence[str] = ()) -> str:
    """One self-contained page; `signature` None means a draft, and `standing` what stands before it can be signed."""
    parts = [_part_for_page(part) for part in document["examinations"]]
    context = {
        "d": {
            **document,
            "examinations": parts,
            "models": [{**m, "role": role_words(m["role"])} for m in document["models"]],
        },
        "titles": list(dict.fromkeys(part["title"] for part in parts)) or document["case"]["specimens"],
        "age": shown_age(document["case"].get("age_days")),
        "reader": reader_named(document),
        "received": _moment(document["case"]["received"])[:-_OF_THE_DAY],
        "made_at": _moment(document["made_at"]),
        "signature": signature,
        "signed_at": _moment(signature["at"]) if signature else "",
        "standing": standing,
        "findings": [
            *(line for part in parts for line in _critical(part)),
            *(f["text"] for part in parts for f in part["counts"]["findings"]),
        ],
        "kappa_from": KAPPA_FROM,
        "readers": list(dict.fromkeys(readers_sentence(part["readers"]) for part in parts)),
    }
    return render_to_string("reports/report.html", context)


_OF_THE_DAY = len(", 20:15 UTC")


def _moment(iso: str) -> str:
    """28 Nov 2026, 20:15 UTC."""
    at = datetime.fromisoformat(iso)
    at = at.astimezone(UTC) if at.tzinfo else at
    return f"{date_format(at, 'j M Y, H:i')} UTC"


def _critical(part: Mapping[str, Any]) -> Iterator[str]:
    """The cells that must never be overlooked, such as blasts: each class of them that is there, with its share."""
    finding_keys = {finding["key"] for finding in part["counts"]["findings"]}  # those say it themselves
    watched = {
        c["key"]
        for c in part["classes"]["classes"]
        if c["must_see"] and c["key"] != "unidentified" and not finding_keys & {c["key"], f"{c['key']}s"}
    }
    for section in part["counts"]["sections"]:
        for row in section["rows"]:
            share = row["reviewed"]
            if row["key"] not in watched or not share["count"]:
                continue
            n, noun = section["n"]["reviewed"], section["noun"]
            places = {
                "name": row["name"],
                "n": f"{share['count']:,}",
                "cells": cells_of(n, noun),
            }
            alone = n == share["count"]
            if share["value"] is not None and not section.get("below_floor"):
                places |= {end: f"{share[end]:.1f}" for end in ("value", "low", "high")}
                if alone:
                    yield gettext("{name}: {n} ({value} %, {low}–{high}).").format(**places)
                else:
                    yield gettext("{name}: {n} among {cells} ({value} %, {low}–{high}).").format(**places)
            elif alone:
                yield gettext("{name}: {n}.").format(**places)
            else:
                yield gettext("{name}: {n} among {cells}.").format(**places)


_READ_TWICE = {
    # closed, blind, decided by somebody, of whom some read first
    (True, False, False, False): gettext_noop("Read twice: {first} first, {second} second."),
    (True, True, False, False): gettext_noop("Read twice: {first} first, {second} second, blind."),
    (False, False, False, False): gettext_noop("The second reading is still open: {first} first, {second} second."),
    (False, True, False, False): gettext_noop(
        "The second reading is still open: {first} first, {second} second, blind."
    ),
    (True, False, True, False): gettext_noop(
        "Read twice: {first} first, {second} second; differences decided by {deciders}."
    ),
    (True, True, True, False): gettext_noop(
        "Read twice: {first} first, {second} second, blind; differences decided by {deciders}."
    ),
    (False, False, True, False): gettext_noop(
        "The second reading is still open: {first} first, {second} second; differences decided by {deciders}."
    ),
    (False, True, True, False): gettext_noop(
        "The second reading is still open: {first} first, {second} second, blind; differences decided by {deciders}."
    ),
    (True, False, True, True): gettext_noop(
        "Read twice: {first} first, {second} second; differences decided by {deciders} ({both} also read first)."
    ),
    (True, True, True, True): gettext_noop(
        "Read twice: {first} first, {second} second, blind; differences decided by {deciders} ({both} also read first)."
    ),
    (False, False, True, True): gettext_noop(
        "The second reading is still open: {first} first, {second} second; differences decided by {deciders} ({both} also "
        "read first)."
    ),
    (False, True, True, True): gettext_noop(
        "The second reading is still open: {first} first, {second} second, blind; differences decided by {deciders} ({both} "
        "also read first)."
    ),
}


def readers_sentence(who: Mapping[str, Any]) -> str:
    """How many people read the cells of an examination and who, in a sentence; `who` is what `agreement.summary` gives."""
    first = _people(who["first"])
    if who["second"]:
        deciders, both = _people(who["decided_by"]), _people(who.get("decided_by_first", ()))
        sentence = _READ_TWICE[bool(who["closed"]), bool(who["blind"]), bool(deciders), bool(deciders and both)]
        return gettext(sentence).format(
            first=first or gettext("nobody (the machine’s names were kept)"),
            second=_people(who["second"]),
            deciders=deciders,
            both=both,
        )
    earlier = _people(who.get("carried_by", ()))
    if not first:
        if earlier:
            return gettext(
                "Labels by {people} were carried over from an earlier analysis; nobody has confirmed or corrected a cell of "
                "this one."
            ).format(people=earlier)
        return gettext("Nobody confirmed or corrected a cell: all names are the machine’s.")
    n = len(who["first"])
    read = ngettext("Read by one person: {people}.", "Read by {n} people together: {people}.", n).format(
        n=n, people=first
    )
    if not earlier:
        return read
    carried = gettext("Labels by {people} were also carried over from an earlier analysis.").format(people=earlier)
    return f"{read} {carried}"


def _people(names: Sequence[str]) -> str:
    """a and b and c: each of them stands for themselves, and two may have the same name."""
    people = ""
    for name in names:
        people = gettext("{others} and {last}").format(others=people, last=name) if people else name
    return people


def shown_age(days: int | None) -> str:
    """34 years, 5 months, 3 days; "" where it is not known."""
    if days is None:
        return ""
    if days >= 2 * 365.25:
        years = int(days / 365.25)
        return ngettext("{n} year", "{n} years", years).format(n=f"{years:,}")
    if days >= 60:
        months = int(days / (365.25 / 12))
        return ngettext("{n} month", "{n} months", months).format(n=f"{months:,}")
    return ngettext("{n} day", "{n} days", days).format(n=f"{days:,}") if days >= 0 else ""


def _part_for_page(part: dict[str, Any]) -> dict[str, Any]:
    """A part with what its tables need to know: which have grades and absolute counts, the ratios there is something of, and
    the notes that do not stand below a table already."""
    sections = [
        {
            **s,
            "shares": not s["rows"] or any(r["reviewed"]["low"] is not None for r in s["rows"]),
            "total": cells_of(s["n"]["reviewed"], s["noun"]),
            "listed": listed(s["title"], s["rows"]),
            "graded": any(r["grade"] for r in s["rows"]),
            "absolute": any(r["absolute"] for r in s["rows"]),
            "with_errors": any(r.get("with_machine_errors") for r in s["rows"]),
            "short": sum(1 for r in s["rows"] if r["reviewed"]["count"] or r["machine"]["count"]) <= UNBROKEN_ROWS,
        }
        for s in part["counts"]["sections"]
    ]
    for section in sections:
        section["columns"] = 4 + sum(section[column] for column in ("graded", "absolute", "with_errors"))
    ratios = [{**r, "unit": unit_beside(r)} for r in part["counts"]["ratios"] if r["reviewed"] or r["machine"]]
    below_tables = " ".join(s["note"] for s in sections)
    notes = [note for note in part["counts"]["notes"] if note not in below_tables]
    names = {row["key"]: row["name"] for s in sections for row in s["rows"]}
    return {
        **part,
        "of": "" if part["specimen"].lower() == part["title"].lower() else part["specimen"].lower(),
        "counts": {
            **part["counts"],
            "sections": sections,
            "notes": notes,
            "not_counted": not_counted(part["counts"]),
            "rules": {**part["counts"]["rules"], "name": part["title"]} if part["counts"].get("rules") else None,
            "slides": [_slide_with_names(slide, names) for slide in part["counts"].get("slides", ())],
            "differences": [
                {**d, "name": names.get(d["key"], d["key"])} for d in part["counts"].get("differences", ())
            ],
        },
        "slides": [{**s, "mpp_source": Slide.MppSource.words(s["mpp_source"])} for s in part["slides"]],
        "ratios": ratios,
        "machine": [*_beside(part)],
    }


def listed(title: str, rows: list[dict[str, Any]]) -> str:
    """Classes and their cells in one line; the number alone where the section's title names the only class that has some."""
    if len(rows) == 1:
        return f"{rows[0]['reviewed']['count']:,}"
    counted_rows = [r for r in rows if r["reviewed"]["count"] or r["machine"]["count"]]
    if len(counted_rows) == 1 and title.lower().startswith(counted_rows[0]["name"].lower()):
        return f"{counted_rows[0]['reviewed']['count']:,}"
    return ", ".join(f"{r['name'].lower()} {r['reviewed']['count']:,}" for r in counted_rows)


def not_counted(counts: Mapping[str, Any]) -> list[str]:
    """What was seen but is in no section's n: with what is counted it makes all that the machine detected and people added."""
    accounts = counts.get("accounts", {}).values()
    cut, outside, rejected = (sum(a.get(key, 0) for a in accounts) for key in ("cut", "outside", "rejected"))
    return [
        *(f"{row['name'].lower()} {row['count']:,}" for row in counts.get("outside", ())),
        *([gettext("cut by an edge or touched by a scale bar {n}").format(n=f"{cut:,}")] if cut else []),
        *([gettext("outside the counted fields {n}").format(n=f"{outside:,}")] if outside else []),
        *([gettext("rejected by a person {n}").format(n=f"{rejected:,}")] if rejected else []),
    ]


def reader_named(document: Mapping[str, Any]) -> str:
    """Whose case it is: the reader whom it was given to, else everybody who read cells of it."""
    read = [who for part in document["examinations"] for role in ("first", "second") for who in part["readers"][role]]
    return document["case"]["reader"] or all_of(read) or gettext("not assigned")


def _slide_with_names(slide: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What one of several slides adds to the counts, its classes by name."""
    sections = [
        {**s, "rows": {names.get(key, key).lower(): n for key, n in s["rows"].items()}} for s in slide["sections"]
    ]
    return {**slide, "sections": sections}


def _beside(part: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Each class and figure as the machine alone counted it, beside what is reported."""
    for section in part["counts"]["sections"]:
        for row in section["rows"]:
            if row["reviewed"]["count"] or row["machine"]["count"]:
                texts = {who: _count(row[who], section.get("below_floor")) for who in ("machine", "reviewed")}
                yield {"name": row["name"], "section": section["title"], **texts}
        if section["n"]["machine"] or section["n"]["reviewed"]:
            yield {
                "name": gettext("All that were counted (n)"),
                "section": section["title"],
                **{who: f"{section['n'][who]:,}" for who in ("machine", "reviewed")},
            }
    for ratio in part["counts"]["ratios"]:
        if ratio["machine"] or ratio["reviewed"]:
            texts = {who: (ratio[who] or {}).get("text", "–") for who in ("machine", "reviewed")}
            yield {"name": ratio["name"], "section": unit_beside(ratio), **texts}


def _count(share: Mapping[str, Any], below_floor: bool | None) -> str:
    """12 (6.0 %); without a share where there is none."""
    percent = "" if share["value"] is None or below_floor else f" ({share['value']:.1f} %)"
    return f"{share['count']:,}{percent}"


def pdf(page: str) -> bytes:
    """The page as PDF, with the fonts of `fonts.py` alone.

    A character that no font has is printed as its code point in brackets, never as an empty box.
    """
    for character in unprintable(text_of(page)):
        page = page.replace(character, f"[{code_point(character)}]")
    fonts = fonts_for(text_of(page))
    stream = io.BytesIO()
    with _PRINTER:
        book = plutoprint.Book(plutoprint.PAGE_SIZE_A4, media=plutoprint.MEDIA_TYPE_PRINT)
        book.custom_resource_fetcher = _Fonts(fonts)
        book.load_html(page.replace("</head>", f"<style>{_style(fonts)}</style></head>", 1))
        book.write_to_pdf_stream(stream)
    return stream.getvalue()


_PRINTER = threading.Lock()
"""One page at a time: two threads that print wait for each other for ever (PlutoPrint asks for fonts in Python while it holds
a lock of its own). A report takes a tenth of a second."""


def text_of(page: str) -> str:
    """What of a page is printed, and a little more: everything but its pictures."""
    return re.sub(r"data:[a-z/]+;base64,[A-Za-z0-9+/=]*", "", page)


class _Fonts(plutoprint.ResourceFetcher):
    """Only the fonts and what the page carries itself: no file and no address is ever fetched for a report."""

    def __init__(self, fonts: tuple[Font, ...]) -> None:
        super().__init__()
        self.files = {_address(number): font.path for number, font in enumerate(fonts)}

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        if url not in self.files:
            raise ValueError("A report fetches nothing.")
        return plutoprint.ResourceData(self.files[url].read_bytes(), "font/ttf", "")


def _address(number: int) -> str:
    return f"hemaview-font:{number}"


def _style(fonts: tuple[Font, ...]) -> str:
    faces = [
        f'@font-face {{ font-family: "{font.family}"; src: url("{_address(number)}");'
        f" font-weight: {700 if font.bold else 400}; }}"
        for number, font in enumerate(fonts)
    ]
    families = ", ".join(f'"{name}"' for name in dict.fromkeys(f.family for f in fonts if not f.mono))
    mono = next(f'"{f.family}"' for f in fonts if f.mono)
    return "\n".join([*faces, f"body {{ font-family: {families}; }}", f"code {{ font-family: {mono}, {families}; }}"])
