"""Counts of red and white cells of fields."""

from __future__ import annotations

from hemaview.assays import assay
from hemaview.counting.values import Tally

FIELD = assay("cells_of_field")


def test_red_and_white_cells_are_counted_and_set_beside_each_other() -> None:
    result = FIELD.count(
        Tally({"red_cell": 7000, "white_cell": 100, "artefact": 3}, counted_mm2=0.5), FIELD.schema, FIELD.rules
    )
    (cells,) = result.sections
    assert (cells.n, [(r.key, r.count) for r in cells.rows]) == (7100, [("red_cell", 7000), ("white_cell", 100)])
    to_one, red, white = result.ratios
    assert to_one.value is not None and round(to_one.value.value, 6) == 70 and to_one.value.low < 70 < to_one.value.high
    assert red.value is not None and red.value.value == 14_000 and white.value is not None and white.value.value == 200
    assert result.outside == {"artefact": 3} and not result.notes


def test_without_a_white_cell_or_an_area_there_is_a_reason_in_place_of_a_number() -> None:
    result = FIELD.count(Tally({"red_cell": 9}), FIELD.schema, FIELD.rules)
    assert [r.why for r in result.ratios] == ["No white cell was counted.", *["The area is not known."] * 2]
    assert result.notes == ("Only 0 white cells lay on the counted fields: their share says little.",)
