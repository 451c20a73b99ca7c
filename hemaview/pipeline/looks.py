"""How cells look to the nets that named them, on the way from the nets to the table of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import EMBEDDED, NOBODY


@dataclass(frozen=True)
class Looks:
    """How n cells look, and to which net; columns as in `CellTable`."""

    by: NDArray[np.uint8]
    """`CellTable.embedded_by` (n,)."""
    numbers: NDArray[np.int8]
    """`CellTable.embedding` (n, EMBEDDED)."""

    @staticmethod
    def unknown(n: int) -> Looks:
        return Looks(np.full(n, NOBODY, np.uint8), np.zeros((n, EMBEDDED), np.int8))

    def note(self, rows: NDArray[np.integer], numbers: NDArray[np.int8], by: int) -> None:
        """Set how the cells of `rows` look, int8 (rows, EMBEDDED), to the net `by`; a row of zeros is of no net."""
        self.numbers[rows] = numbers
        self.by[rows] = np.where(numbers.any(axis=1), by, NOBODY)

    def take(self, rows: NDArray[np.integer]) -> Looks:
        return Looks(self.by[rows], self.numbers[rows])

    def where(self, wanted: NDArray[np.bool_], other: Looks) -> Looks:
        """These of the wanted cells, bool (n,), the other's of the rest."""
        return Looks(np.where(wanted, self.by, other.by), np.where(wanted[:, None], self.numbers, other.numbers))
