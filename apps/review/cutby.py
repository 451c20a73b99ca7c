"""What keeps a cell from being seen whole: the edge of its picture, or what a camera's program wrote over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.analysis.cellfiles import cells_of, contour_of, plan_of
from apps.analysis.models import Job
from hemaview.cells.outlined import within

EDGE, MARK, UNKNOWN = "edge", "mark", ""
NEAR_SHARE, NEAR_PX = 0.1, 2.0
"""A cell touches what lies nearer to it than this share of its side, or so many level-0 px: boxes are rounded, and stand round
the middle of the cell's area."""


def cut_by(job: Job, row: int) -> str:
    """MARK where a cell that is cut touches a scale bar, text or an arrow, EDGE where it lies at the edge of its photograph or
    scan; UNKNOWN where neither is certain, such as at an eyepiece's rim or in runs that kept no plan."""
    cells = cells_of(job)
    fields = (plan_of(job) or {"fields": []})["fields"]
    field: dict[str, Any] | None = next((f for f in fields if f["index"] == int(cells.field[row])), None)
    if field is None:
        return UNKNOWN
    x, y, w, h = (float(column[row]) for column in (cells.x, cells.y, cells.w, cells.h))
    outline = np.array(contour_of(job, row) or [[x - w / 2, y - h / 2], [x + w / 2, y + h / 2]], np.float64)
    low, high = outline.min(axis=0), outline.max(axis=0)
    near = max(NEAR_PX, NEAR_SHARE * max(w, h))
    if _touches(field.get("marks", ()), low, high, near):
        return MARK
    edges = [field[k] for k in "xywh"] if field.get("photo") else [0, 0, job.slide.width, job.slide.height]
    first = np.array(edges[:2], np.float64)
    last = first + edges[2:]
    return EDGE if ((low - first <= near) | (last - high <= near)).any() else UNKNOWN


def _touches(
    marks: Sequence[list[list[int]]], low: NDArray[np.float64], high: NDArray[np.float64], near: float
) -> bool:
    """Whether marks reach into the ellipse of a box (corners low and high) that is widened by `near` px."""
    middle, half = (low + high) / 2, (high - low) / 2 + near
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = middle + half * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for mark in marks:
        corners_in = (((np.array(mark) - middle) / half) ** 2).sum(axis=1) <= 1
        if corners_in.any() or within(rim[:, 0], rim[:, 1], [(float(x), float(y)) for x, y in mark]).any():
            return True
    return False
