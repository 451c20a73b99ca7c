"""Grades of red-cell morphology (ICSH 2015, Palmer et al.): 1+ few, 2+ moderate, 3+ many."""

from __future__ import annotations

from dataclasses import dataclass

from hemaview.counting.intervals import Interval


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade and whether its interval crosses a limit, so that another grade is possible."""

    text: str
    crosses: bool


def grade(percent: Interval, limits: tuple[float, float]) -> Grade:
    """The grade of a percentage of red cells against its two limits; '-' where none were seen.

    The middle grade includes its upper limit (schistocytes: 1+ < 1 %, 2+ 1-2 %, 3+ > 2 %).
    """
    own = _step(percent.value, limits)
    reach = {_step(percent.low, limits), _step(percent.high, limits)}
    crosses = reach != {own} and not (own == 0 and reach <= {0, 1})
    return Grade("-" if own == 0 else f"{own}+", crosses)


def _step(value: float, limits: tuple[float, float]) -> int:
    if value <= 0:
        return 0
    if value < limits[0]:
        return 1
    return 2 if value <= limits[1] else 3
