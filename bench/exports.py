"""Reading outlines for an export: the whole file at once, beside one read a cell."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from hemaview.cells.store import read_contour, read_contours, write_contours
from hemaview.cells.table import CellTable

CELLS, POINTS = 20_000, 60


def export_rows(cells: int = CELLS) -> list[dict[str, Any]]:
    """Seconds of both ways, in turns in one run, on a drawn file of outlines; the ratio is of the first to the second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contours.arrow"
        write_contours(path, _table_of(cells))
        one_by_one = _seconds(lambda: [read_contour(path, row) for row in range(cells)])
        at_once = _seconds(lambda: read_contours(path))
    case = f"outlines of {cells:,} cells"
    return [
        {"case": case, "metric": "one read a cell", "value": round(one_by_one, 3), "unit": "s", "ratio_to": "", "ratio": None},
        {
            "case": case, "metric": "one read a file", "value": round(at_once, 4), "unit": "s",
            "ratio_to": "one read a cell", "ratio": round(one_by_one / at_once, 1),
        },
    ]  # fmt: skip


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _table_of(cells: int) -> CellTable:
    turn = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 56
    rng = np.random.default_rng(1)
    contour = tuple((ring * scale).astype(np.int16) for scale in rng.uniform(0.6, 1.4, cells))
    zero, half = np.zeros(cells, np.uint16), np.full(cells, np.nan, np.float16)
    return CellTable(
        x=zero.astype(np.float32), y=zero.astype(np.float32), w=zero, h=zero, cls=zero.astype(np.uint8),
        p=np.zeros((cells, 2), np.float16), field=zero.astype(np.uint32), flags=zero.astype(np.uint8), area_um2=half,
        circularity=half, pallor=half, nc_ratio=half, contour=contour,
    )  # fmt: skip
