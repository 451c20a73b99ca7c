"""Outlines that were drawn around several nucleated cells that touch, where each of these was found by itself, too."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable

SMALLER = 0.7
"""A cell within the outline of several has a box of at most this share of theirs."""


def without_outlines_of_several(cells: CellTable, schema: Schema) -> CellTable:
    """The cells without nucleated ones whose outline was drawn around several that touch: two or more nucleated cells of at most
    SMALLER of its box have their centres within it, and are cells of their own."""
    rows = np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated"))
    if len(rows) < 3:
        return cells
    points = np.stack([cells.x, cells.y], axis=1).astype(np.float64)[rows]
    sides = np.stack([cells.w, cells.h], axis=1).astype(np.float64)[rows]
    boxes = sides.prod(axis=1)
    drop = []
    for i, near in enumerate(cKDTree(points).query_ball_point(points, float(sides.max()) / 2 * np.sqrt(2))):
        others = np.array([j for j in near if j != i and boxes[j] <= SMALLER * boxes[i]], np.int64)
        within = (np.abs(points[others] - points[i]) < sides[i] / 2).all(axis=1)
        if within.sum() >= 2:
            drop.append(rows[i])
    return cells.take(np.setdiff1d(np.arange(len(cells)), drop))
