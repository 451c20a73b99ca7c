"""Match found cells with true ones, and what follows: F1 at an IoU, Dice, errors of splitting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Matches:
    """Counts over one or several fields; `+` adds them."""

    predicted: int = 0
    """Things that a model gave."""
    true: int = 0
    """Things that are labelled."""
    hits: int = 0
    """Pairs of both."""

    def __add__(self, other: Matches) -> Matches:
        return Matches(self.predicted + other.predicted, self.true + other.true, self.hits + other.hits)

    @property
    def f1(self) -> float:
        return 2 * self.hits / (self.predicted + self.true) if self.predicted + self.true else 1.0


def overlaps(predicted: NDArray[np.int32], true: NDArray[np.int32]) -> NDArray[np.float64]:
    """IoU float64 (predicted cells, true cells) of two instance masks of one shape."""
    n, m = int(predicted.max()) + 1, int(true.max()) + 1
    pairs = np.bincount(predicted.ravel().astype(np.int64) * m + true.ravel(), minlength=n * m).reshape(n, m)
    a, b = pairs.sum(axis=1)[1:, None], pairs.sum(axis=0)[None, 1:]
    both = pairs[1:, 1:]
    return both / np.maximum(a + b - both, 1)


def match_masks(predicted: NDArray[np.int32], true: NDArray[np.int32], iou: float = 0.5) -> Matches:
    """Hits are pairs with IoU above `iou` (≥ 0.5, so that no cell can be in two pairs)."""
    table = overlaps(predicted, true)
    return Matches(table.shape[0], table.shape[1], int((table > iou).sum()))


def match_points(
    predicted: NDArray[np.float64], true: NDArray[np.float64], radius: float | NDArray[np.float64]
) -> tuple[Matches, NDArray[np.int64]]:
    """Pair found (n, 2) and true (m, 2) centres, nearest first, within `radius`; for each true one its found row or -1."""
    from scipy.spatial import cKDTree

    partner = np.full(len(true), -1, np.int64)
    if len(predicted) and len(true):
        limit = np.broadcast_to(np.asarray(radius, float), (len(true),))
        tree = cKDTree(predicted)
        pairs = [
            (float(np.hypot(*(predicted[i] - true[j]))), j, i)
            for j, near in enumerate(tree.query_ball_point(true, limit))
            for i in near
        ]
        matched: set[int] = set()
        for _, j, i in sorted(pairs):
            if partner[j] < 0 and i not in matched:
                partner[j] = i
                matched.add(i)
    return Matches(len(predicted), len(true), int((partner >= 0).sum())), partner


def dice(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Dice of two binary masks; 1 where both are empty."""
    both = int(predicted.sum()) + int(true.sum())
    return 2 * int((predicted & true).sum()) / both if both else 1.0


@dataclass(frozen=True, slots=True)
class CellErrors:
    """Cells that people would call wrong, counted (Zhang et al., evaluation criteria); `+` adds fields together."""

    merged: int = 0
    """True cells lying with another in one part (Error I)."""
    artefacts: int = 0
    """Parts that hardly touch a cell (Error II)."""
    incomplete: int = 0
    """Cells found but neither whole nor in one piece (Error III)."""
    true: int = 0
    """Cells that there are."""

    def __add__(self, other: CellErrors) -> CellErrors:
        return CellErrors(
            self.merged + other.merged,
            self.artefacts + other.artefacts,
            self.incomplete + other.incomplete,
            self.true + other.true,
        )

    def per_100(self, which: str) -> float:
        """Errors of one kind per 100 true cells."""
        return 100 * float(getattr(self, which)) / max(1, self.true)


def cell_errors(predicted: NDArray[np.int32], true: NDArray[np.int32]) -> CellErrors:
    """Errors I, II and III of two instance masks of one shape; the paper counts them by eye, these rules stand for it.

    A true cell belongs to the part that covers at least half of it; two such cells in one part are merged. A part is
    an artefact where less than a tenth of it lies on true cells. A cell is incomplete where parts cover at least a
    fifth of it but the largest share of one part is below three quarters.
    """
    n, m = int(predicted.max()) + 1, int(true.max()) + 1
    pairs = np.bincount(predicted.ravel().astype(np.int64) * m + true.ravel(), minlength=n * m).reshape(n, m)
    both = pairs[1:, 1:]
    found_px, true_px = pairs.sum(axis=1)[1:], pairs.sum(axis=0)[1:]
    if not both.size:
        return CellErrors(0, len(found_px), 0, len(true_px))
    share = both / np.maximum(true_px, 1)[None]
    owners = (share >= 0.5).sum(axis=1)
    best, coverage = share.max(axis=0), share.sum(axis=0)
    return CellErrors(
        merged=int(owners[owners >= 2].sum()),
        artefacts=int((both.sum(axis=1) < 0.1 * found_px).sum()),
        incomplete=int(((coverage >= 0.2) & (best < 0.75)).sum()),
        true=len(true_px),
    )
