"""Red and white cells are parted and told apart by the classes of their pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.methods.redandwhite import RED, WHITE, red_and_white

LEAST_PX = 22


def field(
    reds: list[tuple[int, int]], whites: list[tuple[int, int]], specks: list[tuple[int, int]]
) -> NDArray[np.float32]:
    """Sure probabilities (3, 200, 300) of discs: red cells of radius 12, white ones of 20, specks of stain of 3."""
    y, x = np.mgrid[:200, :300]
    p = np.zeros((3, 200, 300), np.float32)
    p[0] = 1
    for value, radius, places in ((RED, 12, reds), (RED, 3, specks), (WHITE, 20, whites)):
        for cx, cy in places:
            disc = np.hypot(x - cx, y - cy) <= radius
            p[:, disc] = 0
            p[value, disc] = 1
    return p


def test_touching_red_cells_are_parted_and_each_is_as_large_as_it_was() -> None:
    reds = [(40, 40), (62, 40), (51, 59), (150, 100), (173, 100), (250, 150)]
    labels = red_and_white(field(reds, [], []), LEAST_PX)
    assert labels.max() == len(reds)
    assert len({int(labels[cy, cx]) for cx, cy in reds}) == len(reds)
    sizes = np.bincount(labels.ravel())[1:]
    assert sizes.min() > 0.85 * np.pi * 12**2 and sizes.max() < 1.1 * np.pi * 12**2


def test_a_white_cell_that_touches_red_ones_is_one_cell_and_they_stay_red() -> None:
    labels = red_and_white(field([(80, 100), (144, 100)], [(112, 100)], []), LEAST_PX)
    assert labels.max() == 3 and len({int(labels[100, x]) for x in (72, 112, 152)}) == 3


def test_white_cells_that_join_in_a_neck_are_two_and_a_bent_or_long_one_is_one() -> None:
    assert red_and_white(field([], [(100, 100), (137, 100)], []), LEAST_PX).max() == 2
    places = [(60, 60), (97, 60), (134, 66)]
    three = red_and_white(field([], places, []), LEAST_PX)
    assert three.max() == 3 and len({int(three[y, x]) for x, y in places}) == 3
    assert red_and_white(field([], [(100, 100), (112, 100)], []), LEAST_PX).max() == 1, "long"
    assert red_and_white(field([], [(100, 100), (110, 108), (122, 108)], []), LEAST_PX).max() == 1, "bent"


def test_a_pale_middle_is_part_of_its_cell_and_specks_are_none() -> None:
    p = field([(60, 60)], [], [(120, 60), (20, 150)])
    hole = np.hypot(*(np.mgrid[:200, :300] - np.array([60, 60])[:, None, None])) < 4
    p[:, hole] = np.array([1, 0, 0], np.float32)[:, None]
    labels = red_and_white(p, LEAST_PX)
    assert labels.max() == 1 and labels[60, 60] == 1


def test_bare_ground_holds_nothing() -> None:
    assert not red_and_white(field([], [], []), LEAST_PX).any()
