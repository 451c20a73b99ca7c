"""A white cell that segmentation took to pieces, lobe by lobe, is put together again."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.measures import Measured

LARGEST_UM2 = 380.0
LEAST_SOLIDITY = 0.92
"""Two discs of one size that touch fill 2π / (π + 4) = 0.88 of their hull; pieces of one cell fill more."""
LEAST_CELL_UM2 = 36.0
"""A disc 6.8 µm wide: the smallest lymphocytes and erythroblasts are about 7 µm."""
LOBES_APART_UM = 1.6
"""Parts of nuclei nearer than this are lobes of one cell."""
LARGEST_LOBE_UM2 = 70.0
"""Less than a disc 10 µm wide, the smallest granulocyte of a film."""
LOBES_OF_ONE_UM = 2.5
LARGEST_NUCLEUS_UM2 = 150.0
"""A disc 13.8 µm wide: the lobes of one granulocyte lie within it, the nuclei of two beside each other do not."""
_RED, _NUCLEATED = KINDS.index("red_cell"), KINDS.index("nucleated")


def join_pieces(labels: NDArray[np.int32], measured: Measured, kinds: NDArray[np.float32], mpp: float) -> bool:
    """Join touching pieces in `labels` (changed in place) where together they make one compact cell; whether any were.

    A piece belongs to a nucleated cell if it is likelier one than a red cell; together the pieces must be nearly
    convex and no larger than the largest cells of blood, so that two white cells that touch stay two. A piece smaller
    than any nucleated cell is a lobe: it needs to be near and no more.
    """
    of_cell = (kinds[:, _NUCLEATED] > 0.3) & (kinds[:, _RED] < 0.5)
    rows = {int(measured.ids[i]): int(i) for i in np.flatnonzero(of_cell)}
    small = {k: bool(measured.area_px[i] * mpp**2 < LEAST_CELL_UM2) for k, i in rows.items()}

    def near_or_lobes(cell: int) -> list[int]:
        near = _touching(labels, cell, rows)
        lobes = [k for k in _touching(labels, cell, rows, LOBES_APART_UM / mpp) if small[k] and k not in near]
        return [*near, *lobes]

    def fits(cell: int, piece: int) -> bool:
        return _one_cell(labels, (cell, piece), mpp, small[piece])

    joined = False
    for cell in sorted(rows, key=lambda k: -measured.area_px[rows[k]]):
        if cell not in rows:
            continue
        around = _touching(labels, cell, rows)
        if len(around) > 1 and _one_cell(labels, (cell, *around), mpp):
            for piece in around:
                labels[labels == piece] = cell
                del rows[piece]
            joined = True
        joined |= _grow(labels, cell, rows, near_or_lobes, fits)
    return joined


def join_lobes(labels: NDArray[np.int32], measured: Measured, granulocyte: NDArray[np.bool_], mpp: float) -> bool:
    """Join lobes of one granulocyte in `labels` (changed in place), by now that each was named one; whether any were.

    Its cytoplasm is often too pale to be segmented. No whole granulocyte is as small as LARGEST_LOBE_UM2; two such pieces
    a little apart that fill the room of one nucleus are lobes, whatever outline they make together.
    """
    area = measured.area_px * mpp**2
    rows = {int(measured.ids[i]): int(i) for i in np.flatnonzero(granulocyte & (area < LARGEST_LOBE_UM2))}

    def near(cell: int) -> list[int]:
        return _touching(labels, cell, rows, LOBES_OF_ONE_UM / mpp)

    def fits(cell: int, piece: int) -> bool:
        return _hull_um2(labels, (cell, piece), mpp) <= LARGEST_NUCLEUS_UM2

    joined = False
    for cell in sorted(rows, key=lambda k: -area[rows[k]]):
        if cell in rows:
            joined |= _grow(labels, cell, rows, near, fits)
    return joined


def _grow(
    labels: NDArray[np.int32],
    cell: int,
    rows: dict[int, int],
    near: Callable[[int], list[int]],
    fits: Callable[[int, int], bool],
) -> bool:
    """Join to `cell` the pieces near it that fit, one after the other, until none does; whether any did."""
    joined = False
    while (piece := next((k for k in near(cell) if fits(cell, k)), None)) is not None:
        labels[labels == piece] = cell
        del rows[piece]
        joined = True
    return joined


def _hull_um2(labels: NDArray[np.int32], pieces: tuple[int, ...], mpp: float) -> float:
    both = np.isin(labels[_window(labels, pieces, 1)], pieces).astype(np.uint8)
    contours, _ = cv2.findContours(both, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return float(cv2.contourArea(cv2.convexHull(np.concatenate(contours)))) * mpp**2


def _touching(labels: NDArray[np.int32], cell: int, rows: dict[int, int], reach_px: float = 2) -> list[int]:
    """Pieces within reach_px of a cell's outline."""
    reach = max(2, round(reach_px))
    place = _window(labels, (cell,), reach)
    own = (labels[place] == cell).astype(np.uint8)
    near = labels[place][cv2.dilate(own, np.ones((2 * reach + 1,) * 2, np.uint8)).astype(bool)]
    return [int(k) for k in np.unique(near) if k != cell and int(k) in rows]


def _one_cell(labels: NDArray[np.int32], pieces: tuple[int, ...], mpp: float, any_outline: bool = False) -> bool:
    place = _window(labels, pieces, 4)
    both = np.isin(labels[place], pieces).astype(np.uint8)
    closed = np.asarray(cv2.morphologyEx(both, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    area = sum(cv2.contourArea(c) for c in contours)
    if not 0 < area * mpp**2 <= LARGEST_UM2:
        return False
    return any_outline or bool(
        area / max(1.0, cv2.contourArea(cv2.convexHull(np.concatenate(contours)))) >= LEAST_SOLIDITY
    )


def _window(labels: NDArray[np.int32], pieces: tuple[int, ...], pad: int) -> tuple[slice, slice]:
    ys, xs = np.nonzero(np.isin(labels, pieces))
    return (
        slice(max(0, int(ys.min()) - pad), int(ys.max()) + pad + 1),
        slice(max(0, int(xs.min()) - pad), int(xs.max()) + pad + 1),
    )
