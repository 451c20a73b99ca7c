"""Numbers of things in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemaview.words import gettext, ngettext


def number_of(n: int, one: str, many: str = "") -> str:
    """1 white cell; 23 white cells; 1,200 white cells. `many`: where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def cells_of(n: int, noun: str) -> str:
    """1 white cell; 23 white cells: n of what a section counts, `noun`. An assay of a package may bring a noun of its own."""
    phrases = {
        gettext("white cells"): ngettext("{n:,} white cell", "{n:,} white cells", n),
        gettext("red cells"): ngettext("{n:,} red cell", "{n:,} red cells", n),
        gettext("gradable red cells"): ngettext("{n:,} gradable red cell", "{n:,} gradable red cells", n),
        gettext("nucleated cells"): ngettext("{n:,} nucleated cell", "{n:,} nucleated cells", n),
        gettext("nucleated red cells"): ngettext("{n:,} nucleated red cell", "{n:,} nucleated red cells", n),
        gettext("platelets"): ngettext("{n:,} platelet", "{n:,} platelets", n),
        gettext("candidates"): ngettext("{n:,} candidate", "{n:,} candidates", n),
        gettext("cells"): ngettext("{n:,} cell", "{n:,} cells", n),
    }
    own = gettext(noun) if noun else ""
    return phrases[own].format(n=n) if own in phrases else number_of(n, noun.removesuffix("s"), noun)


def noun_for(n: int, noun: str) -> str:
    """white cell; white cells: what a section counts, `noun`, beside the number n."""
    nouns = {
        gettext("white cells"): ngettext("white cell", "white cells", n),
        gettext("red cells"): ngettext("red cell", "red cells", n),
        gettext("gradable red cells"): ngettext("gradable red cell", "gradable red cells", n),
        gettext("nucleated cells"): ngettext("nucleated cell", "nucleated cells", n),
        gettext("nucleated red cells"): ngettext("nucleated red cell", "nucleated red cells", n),
        gettext("platelets"): ngettext("platelet", "platelets", n),
        gettext("candidates"): ngettext("candidate", "candidates", n),
        gettext("cells"): ngettext("cell", "cells", n),
    }
    own = gettext(noun) if noun else ""
    return nouns.get(own, noun.removesuffix("s") if n == 1 else noun)


def no_area() -> str:
    """Why there is no density."""
    return gettext("The area is not known.")


def poor(sentence: str, why: str) -> str:
    """`sentence` with its {reason}, why the counted fields are poor (`Tally.poor_fields`), in the reader's language."""
    return sentence.format(reason=gettext(why))


def unit_beside(ratio: Mapping[str, Any]) -> str:
    """The unit to print beside a ratio's name, of a ratio as JSON: "" where the name says it or there is none.

    Reports of before ratios stated `unit_in_name` hold our own alone, whose names said each unit that begins with a stroke.
    """
    unit: str = ratio["unit"]
    return "" if unit == "1" or ratio.get("unit_in_name", unit.startswith("/")) else unit
