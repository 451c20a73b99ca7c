from __future__ import annotations

import numpy as np
import pytest

from hemaview.cells.labelled import LabelledCells, folds_of


def test_whole_slides_are_left_out_together_and_the_parts_are_alike_in_size() -> None:
    slides = ("a",) * 10 + ("b",) * 6 + ("c",) * 5 + ("d",) * 4
    parts = folds_of(("blast",) * 25, slides, 3)
    for name in "abcd":
        assert len(set(parts[np.array(slides) == name].tolist())) == 1
    assert sorted(np.bincount(parts).tolist()) == [6, 9, 10]


def test_of_one_slide_each_class_is_spread_over_the_parts() -> None:
    classes = ("blast",) * 9 + ("lymphocyte",) * 6
    parts = folds_of(classes, ("a",) * 15, 3)
    for name in set(classes):
        counts = np.bincount(parts[np.array(classes) == name], minlength=3)
        assert counts.max() - counts.min() == 0


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        LabelledCells(np.zeros((1, 4, 4, 3), np.uint8), ("blast",), (), ("a",), ("tess",), ("",), ("",))
