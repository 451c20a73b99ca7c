from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemaview.assays import assay
from hemaview.cells.table import CellTable
from hemaview.pipeline.severalcells import without_outlines_of_several
from tests import factories

FILM = assay("blood_film").schema


def cells(*boxes: tuple[float, float, int, int]) -> CellTable:
    """Lymphocytes with centres x, y in boxes of w, h px."""
    x, y, w, h = np.array(boxes).T
    table = factories.cells({"lymphocyte": len(boxes)})
    return replace(table, x=x.astype(np.float32), y=y.astype(np.float32), w=w.astype(np.uint16), h=h.astype(np.uint16))


def test_an_outline_around_two_cells_that_were_found_is_none_of_its_own() -> None:
    after = without_outlines_of_several(cells((478, 364, 129, 156), (528, 378, 219, 152), (585, 392, 119, 114)), FILM)
    assert after.x.tolist() == [478, 585]


def test_cells_that_crowd_each_other_all_stay() -> None:
    crowd = cells((100, 100, 60, 60), (140, 100, 60, 60), (120, 135, 60, 60), (300, 300, 200, 200), (310, 310, 40, 40))
    assert len(without_outlines_of_several(crowd, FILM)) == 5, "a large cell with one small one upon it is a cell, too"


def test_what_is_no_nucleated_cell_decides_nothing() -> None:
    pair = cells((478, 364, 129, 156), (528, 378, 219, 152), (585, 392, 119, 114))
    other = replace(pair, cls=np.array([FILM.index("normal"), *pair.cls[1:].tolist()], np.uint8))
    assert len(without_outlines_of_several(other, FILM)) == 3
