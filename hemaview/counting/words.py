"""Numbers of things in sentences."""

from __future__ import annotations

from hemaview.words import gettext, ngettext


def number_of(n: int, one: str, many: str = "") -> str:
    """1 white cell; 23 white cells; 1,200 white cells. `many`: where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def cells_of(n: int, noun: str) -> str:
    """1 white cell; 23 white cells: n of what a section counts, `noun`. An assay of a package may bring a noun of its own."""
    by_noun = {
        "white cells": ngettext("{n:,} white cell", "{n:,} white cells", n),
        "red cells": ngettext("{n:,} red cell", "{n:,} red cells", n),
        "gradable red cells": ngettext("{n:,} gradable red cell", "{n:,} gradable red cells", n),
        "nucleated cells": ngettext("{n:,} nucleated cell", "{n:,} nucleated cells", n),
        "nucleated red cells": ngettext("{n:,} nucleated red cell", "{n:,} nucleated red cells", n),
        "platelets": ngettext("{n:,} platelet", "{n:,} platelets", n),
        "cells": ngettext("{n:,} cell", "{n:,} cells", n),
    }
    return by_noun[noun].format(n=n) if noun in by_noun else number_of(n, noun.removesuffix("s"), noun)


def no_area() -> str:
    """Why there is no density."""
    return gettext("The area is not known.")


def poor(sentence: str, why: str) -> str:
    """`sentence` with its {reason}, why the counted fields are poor (`Tally.poor_fields`), in the reader's language."""
    return sentence.format(reason=gettext(why))


def unit_beside(name: str, unit: str) -> str:
    """The unit to print beside a figure's name: "" where the name says it ("Platelets per mm²") or there is none."""
    return "" if unit == "1" or (unit.startswith("/") and " per " in name) else unit
