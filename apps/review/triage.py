"""What cells that nobody has seen can still change, by the models' calibrated probabilities."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, OUTSIDE, CellTable


def expected_moves(cells: CellTable, schema: Schema, rows_seen: Collection[int]) -> dict[str, tuple[float, float]]:
    """Class key to how many cells are expected to leave it and how many to come, once every cell has its right name.

    Asked of whole nucleated cells in the counted places whose row is not in `rows_seen`; red cells and platelets do not move.
    """
    rows = np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated") & ((cells.flags & (CUT | OUTSIDE)) == 0))
    rows = rows[~np.isin(rows, np.fromiter(rows_seen, np.int64, len(rows_seen)))]
    p, cls = np.nan_to_num(cells.p[rows].astype(np.float64), nan=0.0), cells.cls[rows]
    place = np.arange(len(rows))
    leave = np.bincount(cls, 1 - p[place, cls], minlength=len(schema))
    p[place, cls] = 0
    come = p.sum(axis=0)
    return {c.key: (round(float(leave[c.index]), 2), round(float(come[c.index]), 2)) for c in schema.classes}
