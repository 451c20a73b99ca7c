"""Which cells lie within an outline that somebody drew on the slide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Outline = Sequence[tuple[float, float]]


def within(x: NDArray[np.floating], y: NDArray[np.floating], outline: Outline) -> NDArray[np.bool_]:
    """bool (n,): which points (level-0 px) an outline of three and more corners holds, by the even-odd rule: where it crosses
    itself, what is enclosed twice is outside."""
    corners = np.asarray(outline, np.float64)
    inside = np.zeros(len(x), bool)
    near = np.flatnonzero(
        (x >= corners[:, 0].min())
        & (x <= corners[:, 0].max())
        & (y >= corners[:, 1].min())
        & (y <= corners[:, 1].max())
    )
    px, py = x[near].astype(np.float64), y[near].astype(np.float64)
    odd = np.zeros(len(near), bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay != by:
            crosses = ((ay > py) != (by > py)) & (px < (bx - ax) * (py - ay) / (by - ay) + ax)
            odd ^= crosses
    inside[near] = odd
    return inside
