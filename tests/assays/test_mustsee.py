"""Which cells a person must see beside those of the marked classes."""

from __future__ import annotations

import numpy as np

from hemaview.assays import assay, must_see_reasons
from hemaview.assays.mustsee import ELSEWHERE
from hemaview.cells.table import CUT, OUTSIDE
from tests.factories import cells as table_of


def test_a_cell_found_outside_the_counted_fields_must_be_seen_unless_an_edge_cuts_it() -> None:
    film = assay("blood_film")
    cells = table_of({"segmented_neutrophil": 3})
    cells.flags[:] = [0, OUTSIDE, OUTSIDE | CUT]
    reasons = must_see_reasons(cells, film.schema, film.must_see, 0.0)
    assert reasons.tolist() == ["", ELSEWHERE, ""]
    assert np.array_equal(reasons != "", [False, True, False])
