"""What counting gives, whatever was counted: sections, ratios, findings, limits that are not settled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hemaview.counting.grades import Grade, GradeLimits, grade
from hemaview.counting.intervals import Interval, percent
from hemaview.counting.machine import MachineErrors, with_machine_errors
from hemaview.counting.unsettled import against
from hemaview.counting.words import cells_of
from hemaview.words import gettext, ngettext


@dataclass(frozen=True)
class Tally:
    """What is counted of one or several slides of one specimen."""

    cells: Mapping[str, int]
    """Whole cells of the counted fields by class key, as the machine or people named them."""
    counted_mm2: float | None = None
    """Area in which every cell was counted."""
    searched_mm2: float | None = None
    """Area searched for nucleated cells; `counted_mm2` where there was no search of its own."""
    poor_fields: str = ""
    """Why the counted fields are poor, so that shapes get no grade and platelets no estimate; "" where they are good."""
    analyser: Mapping[str, float] = field(default_factory=dict)
    """Values of the laboratory's analyser by name with unit, such as wbc_10e9_per_l."""
    machine: Mapping[str, int] = field(default_factory=dict)
    """Whole cells by the class that the machine gave them."""
    confirmed: Mapping[str, int] = field(default_factory=dict)
    """Cells that a person confirmed or named, by the class they have now."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Cells that a person rejected or gave another class, by the class that the machine gave them."""
    errors: MachineErrors | None = None
    """How the machine that named the nucleated cells errs on such films; None where that is not known."""
    by_field: Sequence[Mapping[str, int]] = ()
    """The counted cells field by field, by class key; cells that people added are in none."""

    def of(self, *keys: str) -> int:
        return sum(int(self.cells.get(key, 0)) for key in keys)


@dataclass(frozen=True)
class Row:
    """One class of a section."""

    key: str
    """The class's."""
    count: int
    """Cells."""
    percent: Interval | None = None
    """Of the section's n; None where the section gives no shares."""
    grade: Grade | None = None
    """By the rules; None where they grade no such class."""
    bounds: tuple[float, float] | None = None
    """Percent were none, or all, of the section's unidentified cells of this class; None where there are none."""
    absolute: Interval | None = None
    """10⁹/L, where the analyser's white-cell count was given."""
    with_errors: Interval | None = None
    """Percent as it is likely to be with the machine's errors in mind; None where people named the cells, or where those errors
    are not known."""
    name: str = ""
    """What people read where the row is of no class, in the reader's language; "" where its class has the name."""


@dataclass(frozen=True)
class Section:
    """Classes that share one n."""

    key: str
    """What files, exports and pages call it."""
    title: str
    """Its heading, in the reader's language."""
    n: int
    """Cells that are counted in it."""
    noun: str
    """What n counts, such as white cells, in the reader's language."""
    rows: tuple[Row, ...]
    """Its classes, in the schema's order."""
    floor: int = 0
    """n below which shares are not shown on a page."""
    target: int | None = None
    """How many were asked for."""
    note: str = ""
    """What is to be said beneath it."""
    unidentified: int = 0
    """Cells outside n that nobody named: they may be of any class of the section."""

    @property
    def below_floor(self) -> bool:
        return self.n < self.floor


@dataclass(frozen=True)
class Ratio:
    """One figure made of counts, with its interval."""

    key: str
    """What files, exports and pages call it."""
    name: str
    """What people read, in their language."""
    unit: str
    """Of the value."""
    value: Interval | None
    """None where there is none."""
    why: str = ""
    """There is none; "" where there is one."""
    basis: str = ""
    """Of what it is made, such as 24 NRBC with 200 white cells."""
    unit_in_name: bool = False
    """The name says the unit ("Platelets per mm²"), which is then not printed beside it."""


@dataclass(frozen=True)
class Finding:
    """A statement that follows from the counts."""

    key: str
    text: str


@dataclass(frozen=True)
class Unsettled:
    """A limit that the interval of a share still holds."""

    key: str
    """The class's, or that of the group or ratio."""
    text: str
    """What is not settled and what would settle it, a sentence."""
    more_cells: int | None
    """How many would settle it at the present share; None where none would."""


@dataclass(frozen=True)
class Result:
    """Everything that is counted of one examination."""

    assay: str
    """Its key."""
    rules: str
    """Name and version of the counting rules."""
    sections: tuple[Section, ...]
    """In the order of the report."""
    ratios: tuple[Ratio, ...] = ()
    """In the order of the report."""
    findings: tuple[Finding, ...] = ()
    """Sentences that follow from the counts."""
    unsettled: tuple[Unsettled, ...] = ()
    """Limits that more cells would settle."""
    outside: Mapping[str, int] = field(default_factory=dict)
    """Cells of classes that are in no section's n, by class key."""
    notes: tuple[str, ...] = ()
    """What is to be said of all of it."""

    def section(self, key: str) -> Section | None:
        return next((s for s in self.sections if s.key == key), None)


def section(
    key: str,
    title: str,
    noun: str,
    counts: Sequence[tuple[str, int]],
    grades: Mapping[str, GradeLimits] | None = None,
    unidentified: int = 0,
    **facts: Any,
) -> Section:
    """A section whose n is the sum of `counts` (class key, cells), with exact shares, grades where there are limits, and the
    bounds of each share where cells are `unidentified`."""
    n = sum(count for _, count in counts)
    rows = []
    for name, count in counts:
        share = percent(count, n) if n else None
        limits = (grades or {}).get(name)
        bounds = bounds_of(count, n, unidentified) if unidentified else None
        rows.append(Row(name, count, share, grade(share, limits) if share and limits else None, bounds))
    without_errors = Section(key, title, n, noun, tuple(rows), unidentified=unidentified, **facts)
    open_cells = unidentified_note(without_errors)
    return (
        replace(without_errors, note=" ".join([*filter(None, [without_errors.note]), *open_cells]))
        if open_cells
        else without_errors
    )


def with_errors(section: Section, tally: Tally, nucleated: Sequence[str]) -> Section:
    """The section with each share as it is likely to be, given how the machine errs: of all cells of the `nucleated` classes
    those that no person confirmed stand for what they may be."""
    if tally.errors is None:
        return section
    calls = {key: int(tally.cells.get(key, 0)) - int(tally.confirmed.get(key, 0)) for key in nucleated}
    likely = with_machine_errors(tally.errors, calls, tally.confirmed, {row.key: (row.key,) for row in section.rows})
    return replace(section, rows=tuple(replace(row, with_errors=likely.get(row.key)) for row in section.rows))


def bounds_of(count: int, n: int, unidentified: int) -> tuple[float, float]:
    """Percent of n + unidentified were none of the unidentified cells among the `count`, or all of them."""
    every = n + unidentified
    return 100 * count / every, 100 * (count + unidentified) / every


def unidentified_note(section: Section) -> list[str]:
    """What is to be said of a section whose cells are not all named; nothing where they are."""
    if not (u := section.unidentified):
        return []
    sentence = ngettext(
        "{n:,} nucleated cell is unidentified and lies outside the {cells} ({share:.1f} % of all): until a person names them, "
        "each class may hold none or all of them, and no limit is settled.",
        "{n:,} nucleated cells are unidentified and lie outside the {cells} ({share:.1f} % of all): until a person names them, "
        "each class may hold none or all of them, and no limit is settled.",
        u,
    )
    return [sentence.format(n=u, cells=cells_of(section.n, section.noun), share=100 * u / (section.n + u))]


def unsettled(key: str, text: str, count: int, n: int, limit_percent: float, unidentified: int = 0) -> Unsettled | None:
    """What is not settled of `count` of n against a limit in percent; None where it is, or where nothing was seen. While cells
    are `unidentified` no limit is settled: they are rarely missing at random."""
    if unidentified:
        low, high = bounds_of(count, n, unidentified)
        sentence = ngettext(
            "Not settled: {text}: {low:.1f} to {high:.1f} % while {n:,} cell is unidentified.",
            "Not settled: {text}: {low:.1f} to {high:.1f} % while {n:,} cells are unidentified.",
            unidentified,
        )
        return Unsettled(key, sentence.format(text=text, low=low, high=high, n=unidentified), None)
    if not n or not count:
        return None
    verdict = against(count, n, limit_percent / 100)
    if verdict.settled:
        return None
    share = percent(count, n)
    if verdict.more_cells:
        sentence = ngettext(
            "Not settled: {text}: {share:.1f} % ({low:.1f}–{high:.1f}); at the present share about {n:,} more cell would "
            "settle it.",
            "Not settled: {text}: {share:.1f} % ({low:.1f}–{high:.1f}); at the present share about {n:,} more cells would "
            "settle it.",
            verdict.more_cells,
        )
    else:
        sentence = gettext(
            "Not settled: {text}: {share:.1f} % ({low:.1f}–{high:.1f}); at the present share more cells may not settle it."
        )
    words = {"text": text, "share": share.value, "low": share.low, "high": share.high, "n": verdict.more_cells}
    return Unsettled(key, sentence.format(**words), verdict.more_cells)


def result_json(result: Result) -> dict[str, Any]:
    """The result for scripts: sections with count, percent and 95 % interval of each class, ratios, findings, unsettled.

    What has no value stands as null with `why`; an interval without an upper end has `high` null.
    """
    return {
        "assay": result.assay,
        "rules": result.rules,
        "sections": [
            {
                "key": s.key,
                "title": s.title,
                "n": s.n,
                "noun": s.noun,
                "target": s.target,
                "below_floor": s.below_floor,
                "unidentified": s.unidentified,
                "rows": [
                    {
                        "key": r.key,
                        "count": r.count,
                        **_ends(r.percent, "percent", 4),
                        **({"bounds": [round(b, 4) for b in r.bounds]} if r.bounds else {}),
                        "grade": r.grade.text if r.grade else None,
                        "grade_crosses": r.grade.crosses if r.grade else False,
                        **({"with_machine_errors": _ends(r.with_errors, "percent", 4)} if r.with_errors else {}),
                        **({"absolute_10e9_per_l": _ends(r.absolute, "value", 4)} if r.absolute else {}),
                    }
                    for r in s.rows
                ],
            }
            for s in result.sections
        ],
        "ratios": [
            {"key": r.key, "name": r.name, **_ends(r.value, "value", 6), "unit": r.unit, "why": r.why, "basis": r.basis}
            for r in result.ratios
        ],
        "findings": [{"key": f.key, "text": f.text} for f in result.findings],
        "unsettled": [{"key": u.key, "text": u.text, "more_cells": u.more_cells} for u in result.unsettled],
        "outside": dict(result.outside),
        "notes": list(result.notes),
    }


def _ends(interval: Interval | None, name: str, digits: int) -> dict[str, float | None]:
    if interval is None:
        return {name: None, "low": None, "high": None}
    ends = (interval.value, interval.low, interval.high)
    value, low, high = (round(v, digits) if math.isfinite(v) else None for v in ends)
    return {name: value, "low": low, "high": high}
