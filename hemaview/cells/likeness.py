"""How like one another cells are, by what is stored of each: every net's answer and what the mask measured.

The answers (p) are the cell as the nets see it: two cells are near where the same classes come into question for both, as
likely. Among cells of one class, whose answers are nearly one, size, outline, pallor and nucleus tell which are alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import MEASURES, CellTable

MEASURES_WEIGHT = 0.15
"""How much a measure that differs by the half width of its middle half (its quartiles) counts beside answers that have nothing
in common (1); chosen by hand."""
FARTHEST = 3.0
"""A measure that differs by more counts as one that differs so much: one wild mask is not everything."""
UNKNOWN = 1.0
"""How far a cell is whose measure nobody knows, where the other's is known."""


def unlikeness(cells: CellTable, row: int) -> NDArray[np.float32]:
    """float32 (n,): 0 for the cell itself and the larger the less a cell is like it: the squared Hellinger distance of their
    answers, and the measures' differences. Raises IndexError where there is no such row."""
    if not 0 <= row < len(cells):
        raise IndexError(f"There is no row {row}.")
    roots = np.sqrt(np.clip(cells.p.astype(np.float32), 0, 1))
    away = 0.5 * np.square(roots - roots[row]).sum(axis=1)
    for name in MEASURES:
        values = getattr(cells, name).astype(np.float32)
        known = np.isfinite(values)
        if not known.any():
            continue
        low, high = np.quantile(values[known], [0.25, 0.75])
        difference = np.abs(values - values[row]) / max(float(high - low) / 2, 1e-3)
        difference = np.where(known == known[row], np.nan_to_num(difference, nan=0.0), UNKNOWN)
        away += MEASURES_WEIGHT / len(MEASURES) * np.square(np.minimum(difference, FARTHEST))
    return np.asarray(away, np.float32)
