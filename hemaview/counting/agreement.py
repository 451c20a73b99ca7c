"""Agreement of two readers: Cohen's kappa with its interval (Fleiss, Cohen & Everitt 1969, large-sample error), and
McNemar's test."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hemaview.counting.intervals import Interval


def kappa(matrix: ArrayLike) -> Interval:
    """Cohen's kappa of a square matrix of counts (rows: one reader, columns: the other), 95 % interval.

    Raises ValueError for a matrix that is empty or not square.
    """
    m = np.asarray(matrix, float)
    if m.ndim != 2 or m.shape[0] != m.shape[1] or m.sum() <= 0:
        raise ValueError("Agreement needs a square table with at least one cell in it.")
    p = m / m.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if expected >= 1:
        return Interval(1.0, 1.0, 1.0)
    value = (observed - expected) / (1 - expected)
    diagonal = np.diag(p)
    a = float((diagonal * (1 - (rows + columns) * (1 - value)) ** 2).sum())
    off = (p * (columns[:, None] + rows[None, :]) ** 2).sum() - (diagonal * (columns + rows) ** 2).sum()
    b = (1 - value) ** 2 * float(off)
    c = (value - expected * (1 - value)) ** 2
    error = np.sqrt(max(0.0, a + b - c) / (m.sum() * (1 - expected) ** 2))
    return Interval(value, max(-1.0, value - 1.96 * error), min(1.0, value + 1.96 * error))


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p that two readers call a class equally often (McNemar 1947, binomial): of the cells on which they differ,
    `only_first` were called so by the first reader alone. 1 where they differ on none."""
    if only_first < 0 or only_second < 0:
        raise ValueError("Numbers of cells are not negative.")
    from scipy.stats import binomtest  # as in `intervals`

    n = only_first + only_second
    return float(binomtest(only_first, n, 0.5).pvalue) if n else 1.0
