"""Which cells of two analyses of one slide are the same, by place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hemaview.cells.table import CellTable

Boxes = NDArray[np.float64]


def boxes_of(cells: CellTable) -> Boxes:
    """float64 (n, 4: centre x, centre y, w, h), level-0 px."""
    return np.stack([cells.x, cells.y, cells.w, cells.h], axis=1).astype(np.float64).reshape(-1, 4)


def partners(old: Boxes, new: Boxes) -> NDArray[np.int64]:
    """int64 (n old,): the new cell that is the same one, or -1.

    The same cell: centres nearer than half the smaller side of either box. Pairs are taken nearest first, each cell once.
    """
    partners = np.full(len(old), -1, np.int64)
    if not len(old) or not len(new):
        return partners
    reach = old[:, 2:].min(axis=1) / 2
    near = cKDTree(new[:, :2]).query_ball_point(old[:, :2], reach)
    pairs = [
        (float(np.hypot(*(old[i, :2] - new[j, :2]))), i, j)
        for i, candidates in enumerate(near)
        for j in candidates
        if np.hypot(*(old[i, :2] - new[j, :2])) < min(old[i, 2:].min(), new[j, 2:].min()) / 2
    ]
    mates: set[int] = set()
    for _, i, j in sorted(pairs):
        if partners[i] < 0 and j not in mates:
            partners[i] = j
            mates.add(j)
    return partners
