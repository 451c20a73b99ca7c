"""Cells that were not seen whole say what is in their way."""

from __future__ import annotations

from typing import Any

import numpy as np

from hemaview.cells.table import CUT
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan, PlannedField
from tests import factories


def test_a_cut_cell_says_whether_the_edge_of_its_picture_or_a_mark_in_it_is_in_its_way(
    slide: Any, tess: Any, api: Any
) -> None:
    table = factories.cells({"normal": 4}, cut=3)
    table.x[:], table.y[:] = [100, 389, 200, 300], [100, 100, 250, 300]
    job = factories.finished_job(slide, table)

    def causes() -> list[tuple[bool, str]]:
        cards = [api(tess).get(f"/api/v1/jobs/{job.pk}/cells/{row}/").json() for row in range(4)]
        return [(card["cut"], card["cut_by"]) for card in cards]

    assert causes() == [(False, ""), (True, ""), (True, ""), (True, "")], "no plan: neither is certain"
    bar = [[150, 256], [250, 256], [250, 262], [150, 262]]
    place = PlannedField(
        0, 0, 0, 400, 400, tissue=1, focus=1, single_ratio=1, score=1, used=True, photo=True, marks=[bar]
    )
    RunFolder(job.folder).keep_plan(Plan(0.25, "file", None, [place]))
    assert causes() == [(False, ""), (True, "edge"), (True, "mark"), (True, "")]
    assert np.array_equal(table.flags & CUT, [0, CUT, CUT, CUT])
