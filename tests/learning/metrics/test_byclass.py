"""Each class against all others, by hand and over folds."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.learning.evidence import Answers
from hemaview.learning.metrics.byclass import by_class, over_folds
from hemaview.learning.metrics.score import area_under_roc


def _answers(truth: list[int], calls: list[int], names: tuple[str, ...] = ("round", "long", "odd_one")) -> Answers:
    return Answers(np.eye(len(names), dtype=np.float32)[calls] * 0.8, np.array(truth), names)


def test_measures_of_a_class_are_those_of_its_two_by_two_table() -> None:
    rows = by_class(_answers([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 1, 1, 1]))
    assert list(rows) == ["round", "long"], "a class that does not occur has no row"
    row = rows["round"]
    assert (row["cells"], row["sensitivity"], row["specificity"]) == (4, 0.75, 0.75)
    assert (row["ppv"], row["npv"], row["f1"], row["accuracy"]) == (0.75, 0.75, 0.75, 0.75)
    assert row["area"] == pytest.approx(0.75), "ties count by half"


def test_no_measure_is_taken_for_another() -> None:
    """Of 3 round cells 2 are called so, and so are 3 of 7 others: each measure is a number of its own."""
    row = by_class(_answers([0, 0, 0, 1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 0, 0, 0, 1, 1, 1, 1]))["round"]
    wanted = {"cells": 3, "sensitivity": 2 / 3, "specificity": 4 / 7, "ppv": 2 / 5, "npv": 4 / 5, "f1": 1 / 2}
    assert row == pytest.approx(wanted | {"accuracy": 6 / 10, "area": (2 / 3 + 4 / 7) / 2})


def test_a_class_that_nothing_is_called_has_no_predictive_value() -> None:
    row = by_class(_answers([0, 1], [1, 1]))["round"]
    assert (row["sensitivity"], row["ppv"], row["f1"]) == (0, 0, 0)


def test_over_folds_a_class_is_the_mean_of_the_folds_that_hold_it() -> None:
    rows = over_folds([_answers([0, 0, 2], [0, 2, 2]), _answers([0, 0, 1], [0, 0, 1])])
    assert [row["class"] for row in rows] == ["round", "long", "odd one"]
    assert rows[0]["sensitivity"] == pytest.approx(0.75) and rows[2]["sensitivity"] == 1
    assert rows[0]["f1_sd"] == pytest.approx(np.std([2 / 3, 1], ddof=1)) and rows[2]["f1_sd"] == 0


def test_the_area_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(60) < 0.3
    p = np.round(rng.random(60) + 0.3 * truth, 1).astype(np.float32)
    more = p[truth][:, None] - p[~truth][None]
    assert area_under_roc(p, truth) == pytest.approx(((more > 0) + 0.5 * (more == 0)).mean())
    assert np.isnan(area_under_roc(p, np.ones(60, bool)))
