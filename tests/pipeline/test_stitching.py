"""Patches become the whole again: every px covered, every cell once, whatever the cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemaview.inference import Boxes
from hemaview.pipeline.stitching import corner_distance, detect_stitched, join_corners, join_overlapping, patches


def boxes_of(rgb: np.ndarray, label: int = 1, score: float = 0.9) -> Boxes:
    """Each coloured rectangle as a box: a detector that makes no mistakes."""
    from scipy import ndimage

    parts, _ = ndimage.label(rgb[..., 0] < 128)
    corners = [(p[1].start, p[0].start, p[1].stop, p[0].stop) for p in ndimage.find_objects(parts)]
    n = len(corners)
    return Boxes(
        np.array(corners, np.float32).reshape(n, 4), np.full(n, score, np.float32), np.full(n, label, np.int64)
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(40, 900), st.integers(40, 900), st.integers(64, 300), st.integers(0, 50))
def test_patches_cover_every_px(width: int, height: int, side: int, overlap: int) -> None:
    is_covered = np.zeros((height, width), bool)
    for p in patches(width, height, side, overlap):
        is_covered[p.y : p.y + p.h, p.x : p.x + p.w] = True
    assert is_covered.all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5), st.integers(20, 50), st.integers(20, 50)), max_size=20))
def test_cells_cut_by_overlapping_patches_are_whole_and_single(cells: list[tuple[int, int, int, int]]) -> None:
    rgb = np.full((400, 560, 3), 255, np.uint8)
    true = {}
    for column, row, w, h in cells:
        if (column, row) not in true:
            x, y = column * 70 + 5, row * 65 + 5
            rgb[y : y + h, x : x + w] = 0
            true[column, row] = (x, y, x + w, y + h)
    detections = detect_stitched(rgb, boxes_of, side_px=160, overlap_px=64)
    assert sorted(map(tuple, detections.boxes.astype(int).tolist())) == sorted(true.values())


def test_the_papers_rule_joins_halves_by_their_corners_and_leaves_far_cells_apart() -> None:
    cut = patches(640, 320, 320)
    left = Boxes(np.array([[280, 100, 320, 160]], np.float32), np.array([0.9], np.float32), np.array([2]))
    right = Boxes(
        np.array([[320, 102, 350, 158], [400, 100, 440, 150]], np.float32),
        np.array([0.6, 0.8], np.float32),
        np.array([3, 1]),
    )
    assert corner_distance(left.boxes[0], right.boxes[0]) == pytest.approx(2.0)
    joined = join_corners([left, right], cut)
    assert joined.boxes.tolist() == [[280, 100, 350, 160], [400, 100, 440, 150]]
    # The halves disagree: 0.9 × 2400 px of class 2 outweigh 0.6 × 1680 px of class 3.
    assert joined.labels.tolist() == [2, 1]


def test_of_overlapping_detections_the_whole_one_stays_and_the_votes_name_it() -> None:
    cut = patches(500, 200, 300, 100)
    piece = Boxes(np.array([[240, 50, 300, 110]], np.float32), np.array([0.99], np.float32), np.array([4]))
    whole = Boxes(np.array([[238, 50, 340, 110]], np.float32), np.array([0.6], np.float32), np.array([5]))
    joined = join_overlapping([piece, whole], cut, (500, 200))
    assert joined.boxes.tolist() == [[238, 50, 340, 110]]
    assert joined.labels.tolist() == [5]


def test_two_classes_for_one_cell_in_one_patch_are_one_cell() -> None:
    cut = patches(300, 300, 300)
    twice = Boxes(
        np.array([[50, 50, 110, 110], [52, 50, 112, 108]], np.float32),
        np.array([0.45, 0.4], np.float32),
        np.array([2, 3]),
    )
    joined = join_overlapping([twice], cut, (300, 300))
    assert joined.boxes.tolist() == [[50, 50, 110, 110]] and joined.labels.tolist() == [2]


def test_a_weak_box_within_a_cell_is_part_of_it_and_a_strong_one_is_a_cell_over_it() -> None:
    cut = patches(300, 300, 300)
    both = np.array([[50, 50, 110, 110], [90, 60, 118, 100]], np.float32)
    for score, cells in ((0.4, 1), (0.8, 2)):
        detections = Boxes(both, np.array([0.9, score], np.float32), np.array([1, 1]))
        assert len(join_overlapping([detections], cut, (300, 300)).scores) == cells


def test_a_box_that_ends_just_inside_its_patch_is_a_piece() -> None:
    cut = patches(500, 200, 300, 100)
    piece = Boxes(np.array([[240, 50, 297, 110]], np.float32), np.array([0.99], np.float32), np.array([4]))
    whole = Boxes(np.array([[238, 50, 350, 110]], np.float32), np.array([0.6], np.float32), np.array([4]))
    assert join_overlapping([piece, whole], cut, (500, 200)).boxes.tolist() == [[238, 50, 350, 110]]


def test_an_empty_picture_gives_no_cells() -> None:
    detections = detect_stitched(np.full((100, 100, 3), 255, np.uint8), boxes_of, 64, 16)
    assert detections.boxes.shape == (0, 4)
