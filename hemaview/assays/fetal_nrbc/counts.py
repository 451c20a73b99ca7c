"""The search for nucleated red cells: candidates by what people said of them, and how many there are on a mm²."""

from __future__ import annotations

from hemaview.assays.rules import Rules
from hemaview.cells.schema import Schema
from hemaview.counting.intervals import rate
from hemaview.counting.values import Ratio, Result, Row, Section, Tally
from hemaview.counting.words import no_area, poor
from hemaview.words import gettext, ngettext

CANDIDATE = "erythroblast"


def count(tally: Tally, schema: Schema, rules: Rules) -> Result:
    """Counts of one or several slides.

    Candidates are the cells that the machine named erythroblasts and those that people added or named so; each is pending
    until a person confirms or excludes it.
    """
    standing, excluded = tally.of(CANDIDATE), int(tally.excluded.get(CANDIDATE, 0))
    confirmed = int(tally.confirmed.get(CANDIDATE, 0))
    candidates = standing + excluded
    rows = (
        Row("candidates", candidates, name=gettext("Candidates")),
        Row("looked_at", confirmed + excluded, name=gettext("Looked at")),
        Row("confirmed", confirmed, name=gettext("Confirmed")),
        Row("excluded", excluded, name=gettext("Excluded")),
        *(Row(c.key, tally.of(c.key)) for c in schema.classes if c.counted),
    )
    area, basis = tally.searched_mm2 or tally.counted_mm2, ""
    if area:
        basis = ngettext(
            "{n:,} that is not excluded on {mm2:.3g} mm²", "{n:,} that are not excluded on {mm2:.3g} mm²", standing
        ).format(n=standing, mm2=area)
    density = Ratio(
        "candidates_per_mm2",
        gettext("Candidates per mm² searched"),
        "/mm²",
        rate(standing, area) if area else None,
        "" if area else no_area(),
        basis,
        unit_in_name=True,
    )
    searched = Section(
        "fetal_nrbc", gettext("Nucleated red cells searched for"), candidates, gettext("candidates"), rows
    )
    return Result(
        assay="fetal_nrbc",
        rules=rules.title,
        sections=(searched,),
        ratios=(density,),
        outside={c.key: n for c in schema.classes if not c.counted and (n := tally.of(c.key))},
        notes=(poor(gettext("The fields are of poor quality: {reason}."), tally.poor_fields),)
        if tally.poor_fields
        else (),
    )
