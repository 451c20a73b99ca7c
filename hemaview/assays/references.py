"""Reference ranges by age and sex, and the quantities that they are of: data with sources, belonging to no examination."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from hemaview.assays.settings import is_finite
from hemaview.counting.intervals import Interval
from hemaview.words import all_of, gettext, one_of

SEXES = ("female", "male")
_ABOUT = frozenset({"whose", "sex", "from_days", "to_days", "source"})


@dataclass(frozen=True)
class Quantity:
    """One figure of a blood count."""

    key: str
    """What files and rows of ranges call it."""
    name: str
    """What people read."""
    unit: str
    """Of its values."""
    digits: int
    """Decimal places that are shown."""
    analyser: str = ""
    """Name with unit among the analyser's values; "" where it is counted on the film."""
    classes: tuple[str, ...] = ()
    """Classes of the differential that it holds together; it is their share times the analyser's white cells."""


@dataclass(frozen=True)
class Range:
    """What is usual, in the quantity's unit."""

    low: float
    """Its lower end."""
    high: float
    """Its upper end."""
    whose: str
    """Age and sex in words."""
    source: str
    """Where it is published."""


@dataclass(frozen=True)
class References:
    """Ranges of one origin."""

    name: str
    """Who they are of."""
    version: str
    """Of their table."""
    sha256: str
    """Of the content in canonical JSON."""
    sources: Mapping[str, str]
    """By key, where they are published."""
    quantities: tuple[Quantity, ...]
    """What there are ranges of."""
    rows: tuple[Mapping[str, Any], ...]
    """Ranges by age and sex, as in the table."""

    def range_of(self, key: str, sex: str, age_days: int | None) -> Range | None:
        """The range of a quantity; None where none is given for that age, or where the age is not known.

        Where the sex is not known and ranges differ by it, the range reaches from the lower low to the higher high.
        """
        if age_days is None:
            return None
        ranges = [
            row
            for row in self.rows
            if key in row
            and row["from_days"] <= age_days < row.get("to_days", float("inf"))
            and row.get("sex") in (None, *((sex,) if sex else SEXES))
        ]
        if not ranges or (not sex and len(ranges) == 1 and ranges[0].get("sex")):
            return None
        whose = " or ".join(row["whose"] for row in ranges)
        sources = dict.fromkeys(self.sources[row["source"]] for row in ranges)
        return Range(min(r[key][0] for r in ranges), max(r[key][1] for r in ranges), whose, "; ".join(sources))


@cache
def shipped_references() -> References:
    """The ranges that stand beside this file."""
    data = tomllib.loads(files("hemaview.assays").joinpath("references.toml").read_text("utf-8"))
    return references_from(data, tuple(_quantity(q) for q in data.pop("quantities")))


def references_in(path: Path) -> References:
    """A laboratory's own ranges, of the shipped quantities; raises ValueError, in a sentence, OSError."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            gettext("The reference ranges in {path} are not valid TOML: {error}.").format(path=path, error=error)
        ) from error
    return references_from(data, shipped_references().quantities)


def references_from(data: Mapping[str, Any], quantities: tuple[Quantity, ...]) -> References:
    """Ranges as a file holds them; raises ValueError, in a sentence, where they are not whole or contradict each other."""
    for name in ("name", "version", "sources", "ranges"):
        if not data.get(name):
            raise ValueError(gettext("The reference ranges have no {name}.").format(name=name))
    keys = {q.key for q in quantities}
    for row in data["ranges"]:
        _refuse_row(row, keys, data["sources"])
    for key in keys:
        _refuse_overlap(key, [row for row in data["ranges"] if key in row])
    sha256 = hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return References(
        str(data["name"]), str(data["version"]), sha256, dict(data["sources"]), quantities, tuple(data["ranges"])
    )


def flag(value: Interval, usual: Range) -> tuple[str, bool]:
    """("low" | "high" | "", whether the value's interval lies wholly on that side)."""
    if value.value < usual.low:
        return "low", value.high < usual.low
    if value.value > usual.high:
        return "high", value.low > usual.high
    return "", usual.low <= value.low and value.high <= usual.high


def _quantity(row: Mapping[str, Any]) -> Quantity:
    return Quantity(**{**row, "classes": tuple(row.get("classes", ()))})


def _refuse_row(row: Mapping[str, Any], keys: set[str], sources: Mapping[str, str]) -> None:
    whose = row.get("whose")
    if not whose or "from_days" not in row:
        raise ValueError(
            gettext("A reference range says whose it is (whose) and from which age in days it holds (from_days).")
        )
    if row.get("sex") not in (None, *SEXES):
        raise ValueError(
            gettext("The sex of the reference range of {whose} is {sexes}, or it is left out.").format(
                whose=whose, sexes=one_of(SEXES)
            )
        )
    if row.get("source") not in sources:
        raise ValueError(gettext("The reference range of {whose} names no source of the file.").format(whose=whose))
    if row["from_days"] < 0 or row.get("to_days", float("inf")) <= row["from_days"]:
        raise ValueError(gettext("The reference range of {whose} ends before it begins.").format(whose=whose))
    for name, pair in row.items():
        if name in _ABOUT:
            continue
        if name not in keys:
            raise ValueError(
                gettext("The reference range of {whose} is of {name}; there are: {keys}.").format(
                    whose=whose, name=name, keys=all_of(sorted(keys))
                )
            )
        if not isinstance(pair, list) or len(pair) != 2 or not all(_number(v) for v in pair) or pair[0] >= pair[1]:
            raise ValueError(
                gettext("The range of {name} of {whose} is two numbers, the lower one first.").format(
                    name=name, whose=whose
                )
            )


def _refuse_overlap(key: str, rows: list[Mapping[str, Any]]) -> None:
    for sex in SEXES:
        ends = sorted(
            (r["from_days"], r.get("to_days", float("inf")), r["whose"]) for r in rows if r.get("sex") in (None, sex)
        )
        for (_, end, one), (begin, _, other) in pairwise(ends):
            if begin < end:
                raise ValueError(
                    gettext("The ranges of {key} of {one} and of {other} overlap.").format(
                        key=key, one=one, other=other
                    )
                )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and is_finite(value)
