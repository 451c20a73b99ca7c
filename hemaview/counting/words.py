"""Numbers of things in sentences."""

from __future__ import annotations


def number_of(n: int, one: str, many: str = "") -> str:
    """1 white cell; 23 white cells; 1,200 white cells. `many`: where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def were(n: int) -> str:
    """Was of one, were of any other number."""
    return "was" if n == 1 else "were"


def unit_beside(name: str, unit: str) -> str:
    """The unit to print beside a figure's name: "" where the name says it ("Platelets per mm²") or there is none."""
    return "" if unit == "1" or (unit.startswith("/") and " per " in name) else unit
