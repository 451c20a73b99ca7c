"""Sickle screening: the share of sickle cells among the red cells whose shape can be judged."""

from __future__ import annotations

from hemaview.assays.rules import Rules
from hemaview.cells.schema import Schema
from hemaview.counting.grades import grade_limits
from hemaview.counting.intervals import rate, spread_over
from hemaview.counting.values import Ratio, Result, Tally, section, unsettled
from hemaview.counting.words import no_area, poor
from hemaview.words import gettext, ngettext


def count(tally: Tally, schema: Schema, rules: Rules) -> Result:
    """Counts of one or several films of one patient; overlapping cells are outside n, for their shape cannot be judged."""
    counts = [(c.key, tally.of(c.key)) for c in schema.group_of("rbc") if c.counted]
    grades = {} if tally.poor_fields else grade_limits(rules.get("grades", {}))
    red = section(
        "sickle",
        gettext("Sickle cells of gradable red cells"),
        gettext("gradable red cells"),
        counts,
        grades,
        floor=int(rules.get("sickle.percent_from", 0)),
    )
    questions = [
        unsettled(limit["class"], limit["text"], tally.of(limit["class"]), red.n, float(limit["percent"]))
        for limit in rules.get("limits", ())
    ]
    notes = []
    usual = int(rules.get("sickle.usual_from", 0))
    if 0 < red.n < usual:
        notes.append(
            ngettext(
                "Only {n:,} red cell could be graded; {usual:,} or more are usual.",
                "Only {n:,} red cells could be graded; {usual:,} or more are usual.",
                red.n,
            ).format(n=red.n, usual=usual)
        )
    if tally.poor_fields:
        notes.append(poor(gettext("Shapes are not graded: {reason}."), tally.poor_fields))
    area = tally.counted_mm2
    density = Ratio(
        "sickle_cells_per_mm2",
        gettext("Sickle cells per mm²"),
        "/mm²",
        rate(tally.of("elongated"), area) if area else None,
        "" if area else no_area(),
        unit_in_name=True,
    )
    return Result(
        assay="sickle",
        rules=rules.title,
        sections=(red,),
        ratios=(_over_fields(tally, [key for key, _ in counts]), density),
        unsettled=tuple(u for u in questions if u),
        outside={c.key: n for c in schema.classes if not c.counted and (n := tally.of(c.key))},
        notes=tuple(notes),
    )


def _over_fields(tally: Tally, gradable: list[str]) -> Ratio:
    """The share of sickle cells with the interval that fields, which may differ from each other, give it."""
    fields = [(cells.get("elongated", 0), sum(cells.get(key, 0) for key in gradable)) for cells in tally.by_field]
    interval = spread_over(fields)
    return Ratio(
        "sickle_percent_over_fields",
        gettext("Sickle cells, by how much fields differ"),
        "%",
        interval.scaled(100) if interval else None,
        "" if interval else gettext("Fewer than three fields were counted."),
        ngettext("{n:,} field", "{n:,} fields", len(fields)).format(n=len(fields)) if fields else "",
    )
