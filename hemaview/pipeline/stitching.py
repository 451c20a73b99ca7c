"""Cells found patch by patch become cells of the whole: Wang et al., equations 3 to 11, and what the paper leaves for later.

The paper's patches do not overlap, and halves of a cell are joined by the distance of their corners. Two things are
added: patches that overlap by more than a cell, of which the whole cell is kept and its pieces dropped; and a rule for
pieces whose classes disagree. One rule says which boxes are one cell, within a patch and across patches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hemaview.inference import Boxes

PATCH_PX = 640
CORNER_DISTANCE_PX = 25.0
LEAST_SCORE = 0.1
SAME_CELL_IOU = 0.5
"""Two boxes that overlap so are one cell, whatever their classes: the detector's own limit, across classes too."""
PART_OF_CELL = 0.6
"""A piece that a patch cut, or a weak box, is part of the cell that this share of it lies in."""
WEAK = 2 / 3
"""A box is weak beside one whose score it does not reach this share of. Set on val of txl-pbc, like EDGE_PX: red cells
that truly overlap score alike."""
EDGE_PX = 4.0
"""A box that ends so near an inner side of its patch is cut by it."""


@dataclass(frozen=True)
class Patch:
    """A rectangle of a picture, px, with its place in the grid of patches."""

    column: int
    """In the grid of patches."""
    row: int
    """In the grid of patches."""
    x: int
    """Of its corner."""
    y: int
    """Of its corner."""
    w: int
    """Width."""
    h: int
    """Height."""


def patches(width_px: int, height_px: int, side_px: int = PATCH_PX, overlap_px: int = 0) -> list[Patch]:
    """Patches that cover a picture, row by row (equation 3); the last of a line is moved inwards to full size."""
    corners = []
    for row, y in enumerate(_starts(height_px, side_px, overlap_px)):
        for column, x in enumerate(_starts(width_px, side_px, overlap_px)):
            corners.append(Patch(column, row, x, y, min(side_px, width_px), min(side_px, height_px)))
    return corners


def _starts(length_px: int, side_px: int, overlap_px: int) -> list[int]:
    step = max(1, side_px - overlap_px)
    if length_px <= side_px:
        return [0]
    if not overlap_px:
        return list(range(0, length_px, step))
    return [*range(0, length_px - side_px, step), length_px - side_px]


def detect_stitched(
    rgb: NDArray[np.uint8],
    detect: Callable[[NDArray[np.uint8]], Boxes],
    side_px: int = PATCH_PX,
    overlap_px: int = 0,
) -> Boxes:
    """Detections of a picture uint8 (H, W, 3) cut into patches, each shown to `detect` alone, joined again."""
    cut = patches(rgb.shape[1], rgb.shape[0], side_px, overlap_px)
    parts = []
    for patch in cut:
        own = rgb[patch.y : patch.y + patch.h, patch.x : patch.x + patch.w]
        boxes = detect(np.ascontiguousarray(own))
        boxes = boxes.take(boxes.scores > LEAST_SCORE)
        parts.append(Boxes(boxes.boxes + np.array([patch.x, patch.y] * 2, np.float32), boxes.scores, boxes.labels))
    size = rgb.shape[1], rgb.shape[0]
    return join_overlapping(parts, cut, size) if overlap_px else join_corners(parts, cut)


def join_corners(parts: list[Boxes], cut: list[Patch], distance_px: float = CORNER_DISTANCE_PX) -> Boxes:
    """Join detections of patches that share a side where the mean of their two smallest corner distances is below
    `distance_px` (equations 7 to 11); pieces that disagree get the class of the larger sum of score × area."""
    every, owner = _together(parts)
    parent = list(range(len(every.scores)))
    by_place = {(p.column, p.row): i for i, p in enumerate(cut)}
    rows_of = {i: np.flatnonzero(owner == i) for i in range(len(cut))}
    for i, patch in enumerate(cut):
        for place in ((patch.column + 1, patch.row), (patch.column, patch.row + 1)):
            other = by_place.get(place)
            if other is None:
                continue
            for a in rows_of[i]:
                for b in rows_of[other]:
                    if corner_distance(every.boxes[a], every.boxes[b]) < distance_px:
                        parent[_root(parent, int(b))] = _root(parent, int(a))
    return _united(every, np.array([_root(parent, i) for i in range(len(parent))], np.int64))


def corner_distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """ζ: the mean of the smallest distance between corners of two boxes and the smallest between the other corners."""
    one, two = (np.array([(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]) for box in (a, b))
    table = np.hypot(*(one[:, None] - two[None]).transpose(2, 0, 1))
    first = np.unravel_index(int(table.argmin()), table.shape)
    rest = np.delete(np.delete(table, first[0], 0), first[1], 1)
    return float((table[first] + rest.min()) / 2)


def join_overlapping(parts: list[Boxes], cut: list[Patch], size_px: tuple[int, int], edge_px: float = EDGE_PX) -> Boxes:
    """Of the detections of overlapping patches one a cell: those that no inner side of their patch cuts come first,
    then the higher score; what is the same cell, or part of it, goes. Disagreeing classes are settled by the sum of
    scores of all that are the same cell, whole ones counting in full and cut ones by half."""
    every, owner = _together(parts)
    n = len(every.scores)
    if not n:
        return every
    sides = np.array([(p.x, p.y, p.x + p.w, p.y + p.h) for p in cut], np.float32)[owner]
    inner = sides != np.array([0, 0, *size_px], np.float32)
    whole = ~((np.abs(every.boxes - sides) <= edge_px) & inner).any(axis=1)
    centres = (every.boxes[:, :2] + every.boxes[:, 2:]) / 2
    reach = float((every.boxes[:, 2:] - every.boxes[:, :2]).max())
    tree = cKDTree(centres)
    keeper = np.full(n, -1, np.int64)
    for i in np.lexsort((-every.scores, ~whole)):
        if keeper[i] >= 0:
            continue
        near = np.array(tree.query_ball_point(centres[i], reach), np.int64)
        near = near[keeper[near] < 0]
        overlap, covered = _overlaps(every.boxes[i], every.boxes[near])
        lesser = (owner[near] != owner[i]) | (every.scores[near] < WEAK * every.scores[i])
        same = (overlap >= SAME_CELL_IOU) | ((covered >= PART_OF_CELL) & lesser)
        keeper[near[same]] = i
        keeper[i] = i
    rows = np.unique(keeper)
    labels = every.labels.copy()
    for i in rows:
        same = np.flatnonzero(keeper == i)
        if len(np.unique(every.labels[same])) > 1:
            votes = np.bincount(every.labels[same], every.scores[same] * np.where(whole[same], 1.0, 0.5))
            labels[i] = int(votes.argmax())
    return Boxes(every.boxes[rows], every.scores[rows], labels[rows])


def _overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Intersection of box a (4,) with boxes b (n, 4): over the union, and over the smaller of the two; float32 (n,)."""
    both = np.clip(np.minimum(a[2:], b[:, 2:]) - np.maximum(a[:2], b[:, :2]), 0, None).prod(axis=1)
    areas = (a[2:] - a[:2]).prod(), (b[:, 2:] - b[:, :2]).prod(axis=1)
    return both / np.maximum(areas[0] + areas[1] - both, 1e-6), both / np.maximum(np.minimum(*areas), 1e-6)


def _together(parts: list[Boxes]) -> tuple[Boxes, NDArray[np.int64]]:
    owner = np.repeat(np.arange(len(parts)), [len(p.scores) for p in parts])
    return (
        Boxes(
            np.concatenate([p.boxes for p in parts]),
            np.concatenate([p.scores for p in parts]),
            np.concatenate([p.labels for p in parts]),
        ),
        owner,
    )


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        i = parent[i]
    return i


def _united(every: Boxes, group: NDArray[np.int64]) -> Boxes:
    boxes, scores, labels = [], [], []
    for g in np.unique(group):
        rows = np.flatnonzero(group == g)
        own = every.boxes[rows]
        boxes.append(np.concatenate([own[:, :2].min(axis=0), own[:, 2:].max(axis=0)]))
        scores.append(every.scores[rows].max())
        area = (own[:, 2:] - own[:, :2]).prod(axis=1)
        labels.append(int(np.bincount(every.labels[rows], every.scores[rows] * area).argmax()))
    if not boxes:
        return every
    return Boxes(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(labels, np.int64))
