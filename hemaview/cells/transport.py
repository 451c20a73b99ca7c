"""Cells on their way to the browser: a small index, a density pyramid, and raw little-endian column slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import TILE_PX, CellTable, morton, tile_of

ROW_BYTES = 14
LAYOUT = ("x:f4", "y:f4", "w:u2", "h:u2", "class:u1", "score:u1")


def pack(cells: CellTable) -> bytes:
    """n cells column by column: x f4, y f4, w u2, h u2, class u1, score u1; 14 bytes a cell, little-endian.

    score = the machine's probability of its own class × 255.
    """
    return b"".join(
        (
            cells.x.astype("<f4").tobytes(),
            cells.y.astype("<f4").tobytes(),
            cells.w.astype("<u2").tobytes(),
            cells.h.astype("<u2").tobytes(),
            cells.cls.astype("u1").tobytes(),
            np.rint(own_probability(cells) * 255).astype("u1").tobytes(),
        )
    )


def pack_contours(contours: Sequence[NDArray[np.int16]]) -> bytes:
    """Points of each of n contours u2 (0 where there is none), then all of them, x and y from the centre in quarter px i2,
    little-endian."""
    n = np.array([len(points) for points in contours], "<u2")
    return n.tobytes() + b"".join(points.astype("<i2").tobytes() for points in contours)


def own_probability(cells: CellTable) -> NDArray[np.float32]:
    """float32 (n,): the probability of each cell's own class; 0 where the file holds a number that is none."""
    rows = np.arange(len(cells))
    return np.clip(np.nan_to_num(cells.p[rows, cells.cls].astype(np.float32), nan=0.0), 0, 1)


def margin(cells: CellTable) -> NDArray[np.float32]:
    """float32 (n,): own class's probability less the best other one; small = unsure."""
    if not len(cells):
        return np.zeros(0, np.float32)
    p = np.nan_to_num(cells.p.astype(np.float32), nan=0.0)
    own = own_probability(cells)
    p[np.arange(len(cells)), cells.cls] = -1
    return own - np.maximum(p.max(axis=1), 0)


def tile_index(cells: CellTable) -> list[list[int]]:
    """[tx, ty, first row, count] of each 1,024-px tile that holds cells, in file order."""
    if not len(cells):
        return []
    tx, ty = tile_of(cells.x), tile_of(cells.y)
    code = morton(tx, ty)
    first = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]]))
    counts = np.diff(np.concatenate([first, [len(cells)]]))
    return [[int(tx[i]), int(ty[i]), int(i), int(n)] for i, n in zip(first, counts, strict=True)]


def density_pyramid(cells: CellTable) -> list[dict[str, Any]]:
    """Counts per tile and class for tiles of 256 px and each power of two upwards until one tile holds all.

    Each level: {"tile_px", "tiles": [[tx, ty, total, [[class, count], …]], …]}; sums over a level equal n.
    """
    levels: list[dict[str, Any]] = []
    if not len(cells):
        return levels
    tile_px = TILE_PX // 4
    while True:
        tx, ty = tile_of(cells.x, tile_px), tile_of(cells.y, tile_px)
        keys = (ty.astype(np.uint64) << np.uint64(40)) | (tx.astype(np.uint64) << np.uint64(8)) | cells.cls
        unique, counts = np.unique(keys, return_counts=True)
        tiles: dict[tuple[int, int], list[Any]] = {}
        for key, count in zip(unique.tolist(), counts.tolist(), strict=True):
            place = ((key >> 8) & 0xFFFFFFFF, key >> 40)
            tile = tiles.setdefault(place, [place[0], place[1], 0, []])
            tile[2] += count
            tile[3].append([key & 0xFF, count])
        levels.append({"tile_px": tile_px, "tiles": list(tiles.values())})
        if len(tiles) == 1 and tile_px >= TILE_PX:
            return levels
        tile_px *= 2
