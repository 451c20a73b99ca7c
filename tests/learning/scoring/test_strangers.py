"""The bound of what could be left unmarked, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.learning.scoring.strangers import coverage_ceiling


def test_the_ceiling_is_the_longest_run_of_sure_cells_of_which_one_in_twenty_is_wrong() -> None:
    p = np.linspace(1, 0, 100, dtype=np.float32)
    right = np.ones(100, bool)
    assert coverage_ceiling(p, right) == 1
    right[[10, 30, 60, 61, 62, 63]] = False
    assert coverage_ceiling(p, right) == pytest.approx(0.61), "of 61 cells three are wrong, of 62 four: more than 5 %"


def test_where_the_surest_cells_are_wrong_nothing_can_be_left_unmarked() -> None:
    assert coverage_ceiling(np.array([0.9, 0.8], np.float32), np.array([False, True])) == 0
