"""Red and white cells of fields: their numbers, how many of the ones come to one of the others, and how densely they lie."""

from __future__ import annotations

from hemaview.assays.rules import Rules
from hemaview.cells.schema import Schema
from hemaview.counting.intervals import odds, rate
from hemaview.counting.values import Ratio, Result, Tally, section
from hemaview.counting.words import no_area
from hemaview.words import gettext, ngettext


def count(tally: Tally, schema: Schema, rules: Rules) -> Result:
    """Counts of one or several films of one patient."""
    counts = [(c.key, tally.of(c.key)) for c in schema.classes if c.counted]
    cells = section("cells", gettext("Red and white cells"), gettext("cells"), counts, {})
    red, white = (sum(tally.of(c.key) for c in schema.group_of(group)) for group in ("rbc", "wbc"))
    notes = []
    usual = int(rules.get("cells.usual_from", 0))
    if cells.n and white < usual:
        notes.append(
            ngettext(
                "Only {n:,} white cell lay on the counted fields: their share says little.",
                "Only {n:,} white cells lay on the counted fields: their share says little.",
                white,
            ).format(n=white)
        )
    return Result(
        assay="cells_of_field",
        rules=rules.title,
        sections=(cells,),
        ratios=(
            _red_per_white(red, white),
            _density("red_cells_per_mm2", gettext("Red cells per mm²"), red, tally.counted_mm2),
            _density("white_cells_per_mm2", gettext("White cells per mm²"), white, tally.counted_mm2),
        ),
        outside={c.key: n for c in schema.classes if not c.counted and (n := tally.of(c.key))},
        notes=tuple(notes),
    )


def _red_per_white(red: int, white: int) -> Ratio:
    name = gettext("Red cells to one white cell")
    if not white:
        return Ratio("red_per_white_cell", name, "1", None, gettext("No white cell was counted."))
    return Ratio("red_per_white_cell", name, "1", odds(red, white), basis=f"{red:,} : {white:,}")


def _density(key: str, name: str, count: int, area_mm2: float | None) -> Ratio:
    if not area_mm2:
        return Ratio(key, name, "/mm²", None, no_area(), unit_in_name=True)
    basis = gettext("{n:,} on {mm2:.3g} mm²").format(n=count, mm2=area_mm2)
    return Ratio(key, name, "/mm²", rate(count, area_mm2), basis=basis, unit_in_name=True)
