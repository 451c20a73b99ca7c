"""Charts of studies: every row lies within, and what is hardly another value is drawn near it."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from hemaview.learning.publish.studypage import LEAST_SPAN, _dots


@pytest.mark.parametrize(
    ("values", "deviations"), [((0.78, 0.771), None), ((0.1, 0.9), None), ((0.84, 0.85), (0.06, 0.05)), ((7, 90), None)]
)
def test_every_row_of_a_chart_lies_within_it(
    values: tuple[float, float], deviations: tuple[float, float] | None
) -> None:
    _, axes = plt.subplots()
    rows = [{"variant": name, "macro_f1": value} for name, value in zip("ab", values, strict=True)]
    for row, deviation in zip(rows, deviations or (), strict=False):
        row["macro_f1_sd"] = deviation
    _dots(axes, rows)
    first, last = sorted(axes.get_ylim())
    assert first < 0 and last > 1
    low, high = axes.get_xlim()
    for value, deviation in zip(values, deviations or (0, 0), strict=True):
        assert low < value - deviation <= value + deviation < high
    assert high - low >= LEAST_SPAN
    plt.close("all")
