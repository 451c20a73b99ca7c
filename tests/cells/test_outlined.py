"""Cells within an outline."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hemaview.cells.outlined import within


def test_an_outline_holds_what_lies_in_it_and_not_what_its_bend_leaves_out() -> None:
    bend = [(0, 0), (30, 0), (30, 30), (20, 30), (20, 10), (10, 10), (10, 30), (0, 30)]
    x, y = np.array([5, 15, 25, 15, 40], np.float32), np.array([20, 20, 20, 5, 5], np.float32)
    assert within(x, y, bend).tolist() == [True, False, True, True, False]


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=40))
def test_a_rectangle_holds_what_lies_between_its_sides(points: list[tuple[float, float]]) -> None:
    x, y = (np.array(values) for values in zip(*points, strict=True))
    inside = within(x, y, [(-20, -10), (20, -10), (20, 10), (-20, 10)])
    clear = (np.abs(np.abs(x) - 20) > 1e-6) & (np.abs(np.abs(y) - 10) > 1e-6)
    assert (inside == ((np.abs(x) < 20) & (np.abs(y) < 10)))[clear].all()
