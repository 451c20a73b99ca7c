"""Sickle screening's counts."""

from __future__ import annotations

from hemaview.assays import assay
from hemaview.counting.values import Tally

SICKLE = assay("sickle")


def test_sickle_cells_are_of_gradable_red_cells_and_graded() -> None:
    cells = {"circular": 900, "elongated": 30, "other_shape": 70, "overlapped": 200}
    result = SICKLE.count(Tally(cells, counted_mm2=0.5), SICKLE.schema, SICKLE.rules)
    (section,) = result.sections
    row = next(r for r in section.rows if r.key == "elongated")
    assert section.n == 1000 and row.percent is not None and row.percent.value == 3.0
    assert row.grade is not None and row.grade.text == "3+" and result.outside == {"overlapped": 200}


def test_the_spread_over_fields_is_wider_where_fields_differ() -> None:
    alike = tuple({"circular": 97, "elongated": 3} for _ in range(10))
    unlike = tuple({"circular": 100 - n, "elongated": n} for n in (0, 0, 0, 0, 0, 0, 0, 0, 15, 15))

    def spread(fields: tuple[dict[str, int], ...]) -> float:
        cells = {"circular": 970, "elongated": 30}
        share = SICKLE.count(Tally(cells, by_field=fields), SICKLE.schema, SICKLE.rules).ratios[0]
        assert share.value is not None and share.value.value == 3.0
        return share.value.high - share.value.low

    assert spread(alike) == 0 and spread(unlike) > 5
    few = SICKLE.count(Tally({"circular": 9}, by_field=alike[:2]), SICKLE.schema, SICKLE.rules).ratios[0]
    assert few.value is None and "three fields" in few.why
