"""A white cell that segmentation took to pieces, lobe by lobe, is put together again."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.measures import Measured

LARGEST_UM2 = 380.0
LEAST_SOLIDITY = 0.88
_RED, _NUCLEATED = KINDS.index("red_cell"), KINDS.index("nucleated")


def join_pieces(labels: NDArray[np.int32], found: Measured, kinds: NDArray[np.float32], mpp: float) -> bool:
    """Join touching pieces in `labels` (changed in place) where together they make one compact cell; whether any were.

    A piece belongs to a nucleated cell if it is likelier one than a red cell; together the pieces must be nearly
    convex and no larger than the largest cells of blood, so that two white cells that touch stay two.
    """
    of_cell = (kinds[:, _NUCLEATED] > 0.3) & (kinds[:, _RED] < 0.5)
    rows = {int(found.ids[i]): int(i) for i in np.flatnonzero(of_cell)}
    joined = False
    for cell in sorted(rows, key=lambda k: -found.area_px[rows[k]]):
        if cell not in rows:
            continue
        around = _touching(labels, cell, rows)
        if len(around) > 1 and _compact(labels, (cell, *around), mpp):
            for piece in around:
                labels[labels == piece] = cell
                del rows[piece]
            joined = True
        grown = True
        while grown:
            grown = False
            for piece in _touching(labels, cell, rows):
                if _compact(labels, (cell, piece), mpp):
                    labels[labels == piece] = cell
                    del rows[piece]
                    grown = joined = True
                    break
    return joined


def _touching(labels: NDArray[np.int32], cell: int, rows: dict[int, int]) -> list[int]:
    place = _window(labels, (cell,), 2)
    own = (labels[place] == cell).astype(np.uint8)
    near = labels[place][cv2.dilate(own, np.ones((5, 5), np.uint8)).astype(bool)]
    return [int(k) for k in np.unique(near) if k != cell and int(k) in rows]


def _compact(labels: NDArray[np.int32], pieces: tuple[int, ...], mpp: float) -> bool:
    place = _window(labels, pieces, 4)
    both = np.isin(labels[place], pieces).astype(np.uint8)
    closed = np.asarray(cv2.morphologyEx(both, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    area = cv2.contourArea(outline)
    return bool(
        0 < area * mpp**2 <= LARGEST_UM2 and area / max(1.0, cv2.contourArea(cv2.convexHull(outline))) >= LEAST_SOLIDITY
    )


def _window(labels: NDArray[np.int32], pieces: tuple[int, ...], pad: int) -> tuple[slice, slice]:
    ys, xs = np.nonzero(np.isin(labels, pieces))
    return (
        slice(max(0, int(ys.min()) - pad), int(ys.max()) + pad + 1),
        slice(max(0, int(xs.min()) - pad), int(xs.max()) + pad + 1),
    )
