"""Cells that touch are parted, and none wraps around another."""

from __future__ import annotations

import numpy as np

from hemaview.methods.cellsplit import BACKGROUND, CORE_CLASS, RIM, split, targets


def discs(*places: tuple[int, int, int]) -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    mask = np.zeros((120, 160), np.int32)
    for i, (cx, cy, r) in enumerate(places, start=1):
        mask[((x - cx) ** 2 + (y - cy) ** 2 < r * r) & (mask == 0)] = i
    return mask


def as_probability(target: np.ndarray) -> np.ndarray:
    return np.stack([(target == k) * 0.94 + 0.02 for k in (BACKGROUND, RIM, CORE_CLASS)]).astype(np.float32)


def test_touching_discs_come_back_as_they_were() -> None:
    true = discs((40, 60, 20), (79, 60, 20), (115, 60, 16), (60, 26, 14))
    labels = split(as_probability(targets(true)), 30)
    assert labels.max() == true.max()
    for k in range(1, true.max() + 1):
        own = true == k
        best = np.bincount(labels[own]).argmax()
        overlap = (own & (labels == best)).sum() / (own | (labels == best)).sum()
        assert overlap > 0.93


def test_no_cell_runs_along_the_rim_of_another() -> None:
    labels = split(as_probability(targets(discs((50, 60, 24), (90, 60, 16)))), 30)
    for k in range(1, labels.max() + 1):
        ys, xs = np.nonzero(labels == k)
        area, box = len(xs), (np.ptp(xs) + 1) * (np.ptp(ys) + 1)
        assert area / box > 0.7  # a ring or an arm fills little of its box


def test_specks_are_left_out_and_an_empty_field_is_empty() -> None:
    assert split(as_probability(targets(discs((50, 60, 2)))), 40).max() == 0
    assert split(as_probability(np.zeros((40, 40), np.uint8)), 10).max() == 0
