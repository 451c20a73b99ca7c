"""Grades of red-cell morphology (ICSH 2015, Palmer et al.): 1+ few, 2+ moderate, 3+ many.

1+ belongs to schistocytes alone; every other class begins at 2+.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hemaview.counting.intervals import Interval
from hemaview.words import gettext

NO_GRADE = "–"


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade and whether its interval crosses a limit, so that another grade is possible."""

    text: str
    crosses: bool


@dataclass(frozen=True, slots=True)
class GradeLimits:
    """Limits of one class in percent of red cells."""

    first: int
    """The grade of what lies below `low`: 1 where few cells already matter, else 0, no grade."""
    low: float
    """From here 2+."""
    high: float
    """Beyond this 3+; the limit itself is still 2+."""


def grade_limits(table: Mapping[str, Mapping[str, Any]]) -> dict[str, GradeLimits]:
    """Class key to its limits from rows such as `{ first = 1, low = 1.0, high = 2.0 }`; raises KeyError or ValueError.

    Below 2+ there is 1+ or nothing, whatever number rules of before `wrong_limits` have as `first`.
    """
    return {k: GradeLimits(1 if v.get("first", 0) else 0, float(v["low"]), float(v["high"])) for k, v in table.items()}


def wrong_limits(table: Mapping[str, Mapping[str, Any]]) -> str:
    """What is wrong with limits that a laboratory sets, in a sentence; "" where nothing is."""
    for key, row in table.items():
        if row.get("first", 0) not in (0, 1):
            sentence = gettext("The grade of {key} below 2+ is 1 (for 1+) or 0 (for none), not {first:g}.")
            return sentence.format(key=key, first=row["first"])
        if not 0 <= row["low"] <= 100 or not 0 <= row["high"] <= 100:
            sentence = gettext("The grades of {key} are limits in percent, from 0 to 100, not {low:g} and {high:g}.")
            return sentence.format(key=key, low=row["low"], high=row["high"])
        if row["low"] > row["high"]:
            sentence = gettext(
                "The grades of {key} begin with 2+ at {low:g} %, beyond the {high:g} % from which 3+ is given."
            )
            return sentence.format(key=key, low=row["low"], high=row["high"])
    return ""


def grade(percent: Interval, limits: GradeLimits) -> Grade:
    """The grade of a percentage of red cells; '–' where none were seen or too few for the class's first grade."""
    own = _step(percent.value, limits)
    reach = {_step(percent.low, limits), _step(percent.high, limits)}
    nothing_seen = percent.value <= 0 and reach <= {0, limits.first}
    return Grade(f"{own}+" if own else NO_GRADE, reach != {own} and not nothing_seen)


def _step(value: float, limits: GradeLimits) -> int:
    if value <= 0:
        return 0
    if value < limits.low:
        return limits.first
    return 2 if value <= limits.high else 3
