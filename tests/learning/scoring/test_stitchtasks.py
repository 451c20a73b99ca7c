"""What counts as whole and single of the cells that patches cut."""

from __future__ import annotations

import numpy as np

from hemaview.learning.scoring.stitchtasks import cut_by, whole_and_single
from hemaview.pipeline.stitching import patches

CELL, OVER = (40, 40, 100, 100), (20, 60, 60, 110)


def boxes(*each: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(each, np.float32).reshape(-1, 4)


def test_a_cell_is_whole_and_single_where_one_box_is_it() -> None:
    assert whole_and_single(boxes(CELL), boxes((41, 40, 102, 99)), boxes(CELL)).tolist() == [True]
    assert whole_and_single(boxes(CELL), boxes((40, 40, 62, 100)), boxes(CELL)).tolist() == [False]  # a piece
    assert whole_and_single(boxes(CELL), boxes(CELL, (44, 42, 100, 104)), boxes(CELL)).tolist() == [False]  # twice
    assert whole_and_single(boxes(CELL), boxes(), boxes(CELL)).tolist() == [False]


def test_a_piece_beside_the_whole_cell_is_counted_against_it() -> None:
    joined = boxes(CELL, (40, 40, 62, 100))
    assert whole_and_single(boxes(CELL), joined, boxes(CELL)).tolist() == [False]


def test_a_cell_that_lies_over_another_is_no_piece_of_it() -> None:
    every = boxes(CELL, (70, 50, 104, 98))
    assert whole_and_single(every, every, every).tolist() == [True, True]
    # Not seen in the whole picture, the same box is a piece.
    assert whole_and_single(every[:1], every, every[:1]).tolist() == [False]


def test_only_cells_that_a_side_of_a_patch_runs_through_are_cut() -> None:
    cut = patches(320, 240, 256, 160)  # sides inside the picture: x = 64 and x = 256
    cells = boxes((50, 0, 70, 20), (90, 0, 110, 20), (250, 230, 260, 240), (256, 0, 280, 20))
    assert cut_by(cells, cut, (320, 240)).tolist() == [True, False, True, False]
