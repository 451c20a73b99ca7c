from __future__ import annotations

import numpy as np

from hemaview.pipeline.pointed import middle_part, new_cells, outlines_at
from tests.pipeline.pictures import plain_picture


def test_of_a_drawn_nucleus_only_the_cell_in_the_middle_counts() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30], mask[14:24, 14:24] = 1, 2
    alone = mask.copy()
    mask[:8, 32:] = 2
    assert np.array_equal(middle_part(mask), alone) and np.array_equal(middle_part(alone), alone)


def test_where_two_cells_touch_each_pixel_is_the_nearer_ones() -> None:
    picture = plain_picture(np.full((120, 160, 3), 230, np.uint8), mpp=0.2)
    points = np.array([[60.0, 60.0], [90.0, 60.0]])
    labels, share = outlines_at(picture, points, None)
    assert set(np.unique(labels)) == {0, 1, 2} and np.isnan(share).all()
    assert labels[60, 74] == 1 and labels[60, 76] == 2
    assert (labels == 1).sum() > 1000, "a disc stands for a cell that no model draws"


def test_a_point_at_the_pictures_edge_stays_within_it() -> None:
    picture = plain_picture(np.full((80, 80, 3), 230, np.uint8), mpp=0.2)
    labels, _ = outlines_at(picture, np.array([[1.0, 79.0]]), None)
    assert labels.shape == (80, 80) and labels.max() == 1


def test_what_is_outlined_where_a_cell_is_already_is_no_second_one() -> None:
    there = np.array([[100.0, 100.0]])
    centres = np.array([[110.0, 105.0], [160.0, 100.0], [165.0, 110.0], [260.0, 100.0]])
    assert new_cells(centres, there, 25.0).tolist() == [1, 3]
    assert new_cells(centres[:1], there[:0], 25.0).tolist() == [0] and not len(new_cells(centres[:0], there, 25.0))
