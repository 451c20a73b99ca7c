"""Photographs that show the same place of a film: which of them counts what, so that each cell counts once and is seen whole.

A place belongs to the picture in which it lies deepest, farthest from a side or a rim: where one of them shows a cell whole, that
one does. Each picture is analysed as it is; a cell that several show is one cell, however few px apart they put it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hemaview.cells.outlined import within
from hemaview.cells.table import CUT, OUTSIDE, CellTable
from hemaview.pipeline.plan import PlannedField

GRID = 1536
"""Places of a picture's longer side at which it is asked whose they are."""
SAME_CELL_UM, SAME_CELL = 2.0, 0.35
"""Centres that two pictures put so near on the film are of one cell: red cells that touch lie 5 µm apart. Of large cells, so
much of their size."""
PART_OF_CELL, LEAST_PART = 0.75, 0.25
"""A cell of which a picture shows a part lies so much within the whole one; where the side of both pictures cuts it, it has at
least so much of the other's area."""


@dataclass(frozen=True)
class Shown:
    """What a photograph, or a part of it, shows of the film."""

    box: tuple[int, int, int, int]
    """x, y, w, h, level-0 px."""
    film: tuple[int, int, int]
    """Number of the part of the film, x and y of the corner there, px."""
    inside: NDArray[np.bool_] | None = None
    """Where it shows anything, (H, W) of any size: an eyepiece's field; None for everywhere."""


@dataclass(frozen=True)
class Share:
    """What of a photograph another one counts."""

    elsewhere: list[list[list[int]]]
    """Outlines (`PlannedField.elsewhere`)."""
    counted_share: float
    """Share of what it shows that it counts itself."""


def share_out(pictures: Sequence[Shown]) -> list[Share]:
    """For each of the pictures of one film what others count of it."""
    rims = [_from_rim(p) for p in pictures]
    return [_share(i, pictures, rims) for i in range(len(pictures))]


def counts_at(
    elsewhere: Sequence[Sequence[Sequence[int]]], x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """bool (n,): which points (level-0 px) of a field it counts itself, by its outlines (`PlannedField.elsewhere`)."""
    others = np.zeros(len(x), bool)
    for outline in elsewhere:
        others ^= within(x, y, [(corner[0], corner[1]) for corner in outline])
    return ~others


def each_once(cells: CellTable, fields: Sequence[PlannedField], mpp: float) -> CellTable:
    """The cells without those that another photograph counts. Of a cell that several show the whole one stays, then that of the
    picture which counts its place, then the first; what one picture alone shows stays where that one counts."""
    shared = {f.index: f for f in fields if f.film}
    rows = np.flatnonzero(np.isin(cells.field, list(shared)))
    if not len(rows):
        return cells
    own = np.ones(len(cells), bool)
    points = np.zeros((len(cells), 2))
    patch = np.zeros(len(cells), np.int64)
    for index, place in shared.items():
        of_field = np.flatnonzero(cells.field == index)
        own[of_field] = counts_at(place.elsewhere, cells.x[of_field], cells.y[of_field])
        points[of_field] = np.stack([cells.x[of_field], cells.y[of_field]], axis=1) - (place.x, place.y)
        points[of_field] += place.film[1:]
        patch[of_field] = place.film[0]
    drop = np.zeros(len(cells), bool)
    for number in np.unique(patch[rows]):
        members = rows[patch[rows] == number]
        drop[_copies(cells, members, points, own, mpp)] = True
    return cells.take(np.flatnonzero(~drop))


def _copies(
    cells: CellTable, rows: NDArray[np.int64], points: NDArray[np.float64], own: NDArray[np.bool_], mpp: float
) -> list[int]:
    """Of the cells in `rows`, of one part of the film, those that are dropped; points (n, 2): centres on the film, px."""
    near = _near(cells, rows, points, mpp)
    poor = (cells.flags & (CUT | OUTSIDE)) != 0
    originals: set[int] = set()
    copies: set[int] = set()
    alone: list[int] = []
    for i in sorted(rows.tolist(), key=lambda i: (bool(poor[i]), not own[i], i)):
        if i in copies:
            continue
        originals.add(i)
        of_picture: dict[int, tuple[float, int]] = {}
        for far, j in near.get(i, ()):
            if j not in copies and j not in originals:
                field = int(cells.field[j])
                of_picture[field] = min(of_picture.get(field, (np.inf, j)), (far, j))
        copies.update(j for _, j in of_picture.values())
        if not own[i] and not of_picture:
            alone.append(i)
    return [*copies, *alone]


def _near(
    cells: CellTable, rows: NDArray[np.int64], points: NDArray[np.float64], mpp: float
) -> Mapping[int, list[tuple[float, int]]]:
    """For each of the cells in `rows` those of other pictures that may be the same, with their distance, px."""
    size = np.sqrt(cells.w.astype(np.float64) * cells.h)
    least = SAME_CELL_UM / mpp
    reach = float(max(least, size[rows].max()))
    near: dict[int, list[tuple[float, int]]] = {}
    for a, b in cKDTree(points[rows]).query_pairs(reach):
        i, j = int(rows[a]), int(rows[b])
        if cells.field[i] == cells.field[j]:
            continue
        far = float(np.hypot(*(points[i] - points[j])))
        if far < max(least, SAME_CELL * min(size[i], size[j])) or _is_part(cells, points, i, j):
            near.setdefault(i, []).append((far, j))
            near.setdefault(j, []).append((far, i))
    return near


def _is_part(cells: CellTable, points: NDArray[np.float64], i: int, j: int) -> bool:
    """Whether one of two cells is a part of the other that the side of its picture left."""
    if not (cells.flags[i] | cells.flags[j]) & CUT:
        return False
    sides = np.array([[cells.w[k], cells.h[k]] for k in (i, j)], np.float64)
    low, high = points[[i, j]] - sides / 2, points[[i, j]] + sides / 2
    common = float(np.clip(high.min(axis=0) - low.max(axis=0), 0, None).prod())
    areas = sides.prod(axis=1)
    lesser, whole = (i, j) if areas[0] <= areas[1] else (j, i)
    stump = cells.flags[lesser] & CUT and not cells.flags[whole] & CUT
    return common >= PART_OF_CELL * areas.min() and (bool(stump) or areas.min() >= LEAST_PART * areas.max())


def _from_rim(picture: Shown) -> NDArray[np.float32] | None:
    """How far from the rim of its eyepiece each place lies, px of the picture, float32 (H, W) of any size; None without a rim."""
    if picture.inside is None:
        return None
    far = cv2.distanceTransform(picture.inside.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(far * picture.box[2] / far.shape[1], np.float32)


def _depths(
    picture: Shown, rim: NDArray[np.float32] | None, x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.float32]:
    """How far places at columns x and lines y, px of the picture, lie from its four sides, the nearest first, float32
    (len(y), len(x), 4); 0 or less where it shows nothing."""
    _, _, w, h = picture.box
    sides = np.stack(np.broadcast_arrays(x, w - x, y[:, None], h - y[:, None]), axis=2).astype(np.float32)
    sides.sort(axis=2)
    if rim is not None:
        column = np.clip(x * rim.shape[1] / w, 0, rim.shape[1] - 1).astype(int)
        line = np.clip(y * rim.shape[0] / h, 0, rim.shape[0] - 1).astype(int)
        sides[..., 0] = np.minimum(sides[..., 0], rim[np.ix_(line, column)])
    return sides


def _share(i: int, pictures: Sequence[Shown], rims: Sequence[NDArray[np.float32] | None]) -> Share:
    me, (left, top, w, h) = pictures[i], pictures[i].box
    step = max(1, -(-max(w, h) // GRID))
    x, y = ((np.arange(-(-side // step)) + 0.5) * side / -(-side // step) for side in (w, h))
    elsewhere = np.zeros((len(y), len(x)), bool)
    for j, other in enumerate(pictures):
        if j == i or other.film[0] != me.film[0]:
            continue
        dx, dy = me.film[1] - other.film[1], me.film[2] - other.film[2]
        columns, lines = _between(x + dx, other.box[2]), _between(y + dy, other.box[3])
        theirs = _depths(other, rims[j], x[columns] + dx, y[lines] + dy)
        elsewhere[lines, columns] |= _deeper(theirs, _depths(me, rims[i], x[columns], y[lines]), j < i)
    is_shown = np.ones_like(elsewhere) if rims[i] is None else _depths(me, rims[i], x, y)[..., 0] > 0
    counted_share = float((is_shown & ~elsewhere).sum() / max(1, is_shown.sum()))
    return Share(_outlines(elsewhere, (left, top), (w, h)), counted_share)


def _between(at: NDArray[np.floating], side: int) -> slice:
    """Which of rising numbers lie between 0 and a side."""
    return slice(int(np.searchsorted(at, 0)), int(np.searchsorted(at, side)))


def _deeper(one: NDArray[np.float32], other: NDArray[np.float32], ties: bool) -> NDArray[np.bool_]:
    """Whether places lie deeper in one picture than in another, by their nearest sides, where those are alike by the next ones;
    `ties` where all are."""
    answer = np.full(one.shape[:2], ties)
    for k in range(3, -1, -1):
        answer = np.where(one[..., k] == other[..., k], answer, one[..., k] > other[..., k])
    return np.asarray(answer & (one[..., 0] > 0))


def _outlines(mask: NDArray[np.bool_], corner: tuple[int, int], size: tuple[int, int]) -> list[list[list[int]]]:
    """The outlines of a mask that covers a picture of that corner and size (x, y), holes too, level-0 px."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    cells = np.array(mask.shape[::-1])
    outlines = []
    for contour in contours:
        points = cv2.approxPolyDP(contour, 1.0, True)[:, 0, :]
        if len(points) < 3:
            continue
        # Middles of the outermost squares: what reaches a picture's side reaches it whole.
        shares = np.where(points == 0, 0, np.where(points == cells - 1, 1, (points + 0.5) / cells))
        outlines.append(np.rint(shares * size + corner).astype(int).tolist())
    return outlines
