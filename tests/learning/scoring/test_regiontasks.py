"""Regions are counted as Table 4 of Wang et al. counts them, on overviews whose sides differ."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.learning.scoring.regiontasks import Counted, of_regions, of_slide
from hemaview.learning.sets.overviews import LOOKS, SIDE_PX, draw_overview, overviews


def boxes(*each: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(each, np.float32).reshape(-1, 4)


def test_each_box_finds_one_region_at_most() -> None:
    true = boxes((0, 0, 100, 50), (200, 0, 240, 40))
    assert of_regions(true, true) == Counted(2, 0, 0, 2.0)
    # One box over half of each: no region is found, the box is invented.
    assert of_regions(boxes((0, 0, 240, 50)), true[:1]).hits == 0
    twice = of_regions(boxes((0, 0, 100, 50), (2, 0, 100, 50)), true)
    assert (twice.hits, twice.missed, twice.invented) == (1, 1, 1)
    assert (twice.recall, twice.precision, twice.accuracy) == pytest.approx((1 / 2, 1 / 2, 1 / 3))
    assert twice.mean_iou == pytest.approx(0.5)


def test_a_slide_is_found_by_the_area_of_all_its_boxes() -> None:
    true = boxes((0, 0, 100, 50))
    # Two halves make up the region: no box of a region, but the area of the slide.
    halves = boxes((0, 0, 50, 50), (50, 0, 100, 50))
    assert of_regions(halves, true).hits == 0
    assert of_slide(halves, true, (60, 120)) == Counted(1, 0, 0, 1.0)
    assert of_slide(boxes((0, 0, 40, 50)), true, (60, 120)) == Counted(0, 1, 1, 0.4)
    assert of_slide(boxes(), true, (60, 120)) == Counted(0, 1, 0, 0.0)
    assert of_slide(boxes(), boxes(), (60, 120)) == Counted()
    assert of_slide(true, boxes(), (60, 120)) == Counted(invented=1)


@pytest.mark.parametrize("side", LOOKS)
def test_an_overview_is_drawn_alike_and_its_regions_are_darker_than_what_is_around(side: str) -> None:
    one, again = (draw_overview(LOOKS[side][0], np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.rgb, again.rgb) and np.array_equal(one.boxes, again.boxes)
    assert max(one.rgb.shape[:2]) == SIDE_PX and len(one.boxes)
    inside = np.zeros(one.rgb.shape[:2], bool)
    for x0, y0, x1, y1 in one.boxes.astype(int):
        inside[y0:y1, x0:x1] = True
        assert 0 <= x0 < x1 <= one.rgb.shape[1] and 0 <= y0 < y1 <= one.rgb.shape[0]
    assert one.rgb[inside].mean() < one.rgb[~inside].mean() - 15


def test_the_sides_share_no_look() -> None:
    looks = [look for side in LOOKS.values() for look in side]
    assert len(set(looks)) == len(looks)
    assert not np.array_equal(overviews("val")[0].rgb[:100, :100], overviews("test")[0].rgb[:100, :100])
