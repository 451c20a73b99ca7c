"""The search for nucleated red cells: candidates by what people said of them, and how many there are on a mm²."""

from __future__ import annotations

from hemaview.assays.rules import Rules
from hemaview.cells.schema import Schema
from hemaview.counting.intervals import rate
from hemaview.counting.values import Ratio, Result, Row, Section, Tally

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
        Row("candidates", candidates),
        Row("looked_at", confirmed + excluded),
        Row("confirmed", confirmed),
        Row("excluded", excluded),
        *(Row(c.key, tally.of(c.key)) for c in schema.classes if c.counted),
    )
    area = tally.searched_mm2 or tally.counted_mm2
    density = Ratio(
        "candidates_per_mm2",
        "Candidates per mm² searched",
        "/mm²",
        rate(standing, area) if area else None,
        "" if area else "No area is known.",
        f"{standing:,} that {'is' if standing == 1 else 'are'} not excluded on {area:.3g} mm²" if area else "",
    )
    return Result(
        assay="fetal_nrbc",
        rules=rules.title,
        sections=(Section("fetal_nrbc", "Nucleated red cells searched for", candidates, "candidates", rows),),
        ratios=(density,),
        outside={c.key: n for c in schema.classes if not c.counted and (n := tally.of(c.key))},
        notes=(f"The fields are poor: {tally.poor_fields}.",) if tally.poor_fields else (),
    )
