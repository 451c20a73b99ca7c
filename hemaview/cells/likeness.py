"""How like one another cells are: by how they look to the net that named them, where the cell file has that.

Such a net's numbers (`CellTable.embedding`) compare with that net's alone: red cells with red cells, nucleated cells with
nucleated cells. The nets' answers weigh in a little. Cells of files without such numbers, and those that another net saw, are
compared by what else is stored: every net's answer and what the mask measured. The answers (p) are the cell as the nets name it:
two cells are near where the same classes come into question for both, as likely. Among cells of one class, whose answers are
nearly one, size, outline, pallor and nucleus tell which are alike. Which way finds more neighbours of a cell's class is measured
(docs/studies.md, `likeness`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import MEASURES, NOBODY, CellTable

BY_LOOKS, BY_ANSWERS = "looks", "answers"
"""What cells are compared by: `CellTable.embedding`, or answers and measures."""
ANSWERS_BESIDE = 0.5
"""How much answers that have nothing in common count beside looks, of which two unlike ones are 1 to 2 apart: without them
nucleated cells of strange stains have fewer neighbours of their class."""
MEASURES_WEIGHT = 0.15
"""How much a measure that differs by the half width of its middle half (its quartiles) counts beside answers that have nothing
in common (1); chosen by hand."""
FARTHEST = 3.0
"""A measure that differs by more counts as one that differs so much: one wild mask is not everything."""
UNKNOWN = 1.0
"""How far a cell is whose measure nobody knows, where the other's is known."""
AT_ONCE = 1 << 16
"""So many cells' looks are compared at once: those of a million, widened, would fill 200 MB."""
ANOTHER_NET = 1000.0
"""Added to the unlikeness of cells that another net saw: they come after all that the chosen cell's own net did."""


def compared_by(cells: CellTable, row: int) -> str:
    """What the cell of a row is compared with others by: BY_LOOKS, or BY_ANSWERS where no net told how it looks. Raises
    IndexError where there is no such row."""
    _prove(cells, row)
    return BY_ANSWERS if cells.embedded_by[row] == NOBODY else BY_LOOKS


def unlikeness(cells: CellTable, row: int) -> NDArray[np.float32]:
    """float32 (n,): 0 for the cell itself and the larger the less a cell is like it, by `compared_by`. Raises IndexError where
    there is no such row."""
    if compared_by(cells, row) == BY_ANSWERS:
        return by_answers(cells, row)
    away = by_looks(cells.embedding, cells.embedding[row]) + ANSWERS_BESIDE * _distances(cells.p, row)
    strange = cells.embedded_by != cells.embedded_by[row]
    if strange.any():
        away[strange] = ANOTHER_NET + by_answers(cells, row)[strange]
    return np.asarray(away, np.float32)


def by_looks(embedding: NDArray[np.int8], of: NDArray[np.int8]) -> NDArray[np.float32]:
    """float32 (n,): how far the looks (n, EMBEDDED) of cells are from those (EMBEDDED,) of one, by one net: from 0 to about 4,
    the squared distance of two of length 1."""
    wanted = of.astype(np.float32)
    away = np.empty(len(embedding), np.float32)
    for first in range(0, len(embedding), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        away[part] = np.square(embedding[part].astype(np.float32) - wanted).sum(axis=1)
    return away / max(np.float32(np.square(wanted).sum()), np.float32(1))


def by_answers(cells: CellTable, row: int) -> NDArray[np.float32]:
    """float32 (n,): how far the cells' answers are from those of the cell of a row, and the measures' differences. Raises
    IndexError where there is no such row."""
    _prove(cells, row)
    away = _distances(cells.p, row)
    for name in MEASURES:
        values = getattr(cells, name).astype(np.float32)
        finite = np.isfinite(values)
        if not finite.any():
            continue
        low, high = np.quantile(values[finite], [0.25, 0.75])
        difference = np.abs(values - values[row]) / max(float(high - low) / 2, 1e-3)
        difference = np.where(finite == finite[row], np.nan_to_num(difference, nan=0.0), UNKNOWN)
        away += MEASURES_WEIGHT / len(MEASURES) * np.square(np.minimum(difference, FARTHEST))
    return np.asarray(away, np.float32)


def _distances(p: NDArray[np.float16], row: int) -> NDArray[np.float32]:
    """float32 (n,): the squared Hellinger distance of answers (n, classes) from those of a row, 0 to 1."""
    roots = np.sqrt(np.clip(p.astype(np.float32), 0, 1))
    return np.asarray(0.5 * np.square(roots - roots[row]).sum(axis=1), np.float32)


def _prove(cells: CellTable, row: int) -> None:
    if not 0 <= row < len(cells):
        raise IndexError(f"There is no row {row}.")
