"""Comma-separated values, one line a class or a cell; with a byte-order mark, so that spreadsheets read them as UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext, gettext_noop

from apps.reports.exports.exporter import Exporter
from apps.reports.exports.source import Source

BYTE_ORDER_MARK = "\ufeff"
_PIECE = 65_536

_SHARE = ("count", "percent", "percent_low_95", "percent_high_95")
_RATE = ("rate", "rate_low_95", "rate_high_95")
COUNT_COLUMNS = (
    "status", "accession", "examination", "section", "class", "name", "n_machine", "n_reviewed",
    *(f"machine_{s}" for s in _SHARE), *(f"reviewed_{s}" for s in _SHARE),
    *(f"machine_{s}" for s in _RATE), *(f"reviewed_{s}" for s in _RATE), "rate_unit",
    "absolute_10e9_per_l", "absolute_low_95_10e9_per_l", "absolute_high_95_10e9_per_l", "grade", "below_floor", "why",
)  # fmt: skip

HBF_NAMES = {
    "positive": gettext_noop("HbF positive"),
    "negative": gettext_noop("HbF negative"),
    "not_done": gettext_noop("HbF not done"),
    "open": gettext_noop("HbF not recorded yet"),
}
"""What a second, HbF-stained section says of confirmed nucleated red cells."""


def counts(source: Source) -> Iterator[bytes]:
    """One line a class, with its share of the section's n in percent, and one a ratio or density, with its rate and unit.

    A share of a section whose n is below its floor is left empty, as on the report; its interval stands.
    """
    return written(_count_lines(source), COUNT_COLUMNS)


def cells(source: Source) -> Iterator[bytes]:
    """One line a cell, those that people added last in each analysis."""
    names = ["status", *(source.parts[0].columns if source.parts else ())]
    lines = (
        (source.status, *values) for part in source.parts for values in zip(*part.columns.values(), strict=True)
    )  # fmt: skip
    return written(lines, names)


def _count_lines(source: Source) -> Iterator[list[Any]]:
    accession = source.case.accession
    for part in source.counted():
        first = [source.status, accession, part["assay"]]
        for section in part["counts"]["sections"]:
            below = bool(section.get("below_floor"))
            for row in section["rows"]:
                shares = [
                    None if below and name == "value" else row[who][name]
                    for who in ("machine", "reviewed")
                    for name in ("count", "value", "low", "high")
                ]
                absolute = row.get("absolute") or {}
                yield [
                    *first, section["key"], row["key"], row["name"], section["n"]["machine"], section["n"]["reviewed"],
                    *shares, *[None] * 7, *(absolute.get(k) for k in ("value", "low", "high")),
                    row["grade"]["text"] if row["grade"] else "", below, "",
                ]  # fmt: skip
        for state, n in part.get("hbf", {}).items():
            if state != "confirmed":
                yield [
                    *first, "hbf", state, gettext(HBF_NAMES[state]), None, part["hbf"]["confirmed"], *[None] * 4, n,
                    *[None] * 3, *[None] * 7, *[None] * 3, "", "", "",
                ]  # fmt: skip
        for ratio in part["counts"]["ratios"]:
            rates = [
                (ratio[who] or {}).get(name) for who in ("machine", "reviewed") for name in ("value", "low", "high")
            ]
            yield [
                *first, "ratio", ratio["key"], ratio["name"], None, None, *[None] * 8, *rates, ratio.get("unit", ""),
                None, None, None, "", "", ratio.get("why", ""),
            ]  # fmt: skip


def written(lines: Iterable[Iterable[Any]], names: Iterable[str]) -> Iterator[bytes]:
    """Lines under their names, as pieces of a file."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow(names)
    for line in lines:
        writer.writerow([plain(value) for value in line])
        if out.tell() > _PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def plain(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is made text; a truth value is true or false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in ("=", "+", "@", "-", "\t", "\r") and not _numeric(value):
        return "'" + value
    return value


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


COUNTS = Exporter("csv", gettext_noop("Counts as CSV"), "-counts.csv", "text/csv; charset=utf-8", counts)
CELLS = Exporter("cells-csv", gettext_noop("Cells as CSV"), "-cells.csv", "text/csv; charset=utf-8", cells)
