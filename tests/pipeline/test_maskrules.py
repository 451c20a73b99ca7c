"""What masks say beside the nets."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.maskrules import with_axis_ratio, with_platelet_size, with_size


@pytest.mark.parametrize(("ratio", "name"), [(0.95, "normal"), (0.75, "ovalocyte"), (0.42, "elliptocyte")])
def test_how_long_a_cell_is_tells_ovalocyte_from_elliptocyte_whichever_the_net_says(ratio: float, name: str) -> None:
    classes = ("normal", "ovalocyte", "elliptocyte")
    for answer in ((0.2, 0.7, 0.1), (0.2, 0.1, 0.7)):
        p = with_axis_ratio(np.array([answer], np.float32), classes, np.array([ratio]))
        assert classes[int(p[0].argmax())] == name and p.sum() == pytest.approx(1)
    teardrop = with_axis_ratio(np.array([[0.9, 0.05, 0.05]], np.float32), classes, np.array([0.4]))
    assert classes[int(teardrop[0].argmax())] == "normal", "length alone makes no elliptocyte of another shape"


def test_a_thing_far_smaller_than_any_cell_is_none_though_it_lies_on_one_or_beside_one() -> None:
    kinds = np.array([[0, 0.7, 0.3, 0], [0.6, 0, 0, 0.4], [0, 0.7, 0.3, 0]], np.float32)
    weighed = with_size(kinds, np.array([5.0, 5.0, 40.0]))
    assert weighed.argmax(axis=1).tolist() == [KINDS.index(k) for k in ("platelet", "nothing", "nucleated")]
    assert weighed.sum(axis=1) == pytest.approx([1, 1, 1])


def test_a_red_cell_that_an_edge_cuts_is_no_dirt_for_being_small() -> None:
    kinds = np.zeros((3, len(KINDS)), np.float32)
    kinds[:2, KINDS.index("red_cell")] = 1
    kinds[2, KINDS.index("nucleated")] = 1
    weighed = with_size(kinds, np.array([5.0, 5.0, 5.0]), np.array([True, False, True]))
    assert weighed[0, KINDS.index("red_cell")] == 1
    assert weighed[1, KINDS.index("red_cell")] < 0.01
    # Of a white cell a corner says too little.
    assert weighed[2, KINDS.index("nucleated")] < 0.01


def test_a_platelet_smaller_than_a_red_cell_is_no_giant_whatever_the_net_says_and_one_larger_is() -> None:
    names = ("lymphocyte", "platelet", "giant_platelet", "artefact")
    answers = np.array([[0.05, 0.05, 0.85, 0.05], [0.05, 0.85, 0.05, 0.05]], np.float32)
    small, large = np.pi * 1.2**2, np.pi * 5.0**2
    for area_um2, name in ((small, "platelet"), (large, "giant_platelet")):
        p = with_platelet_size(answers, names, np.array([area_um2, area_um2]))
        assert [names[i] for i in p.argmax(axis=1)] == [name, name]
        assert p.sum(axis=1) == pytest.approx([1, 1]) and p[:, [0, 3]] == pytest.approx(answers[:, [0, 3]])
    assert with_platelet_size(answers[:, :2], names[:2], np.array([small, small])) is not None
