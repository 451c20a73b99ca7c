"""Where an added cell lies: upon a cell that is there already, or over the edge of what was photographed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np

from apps.analysis.cellfiles import cells_of
from apps.analysis.models import Job
from apps.review.models import AddedCell
from apps.review.remembered import Remembered
from apps.review.state import REJECTED, Label
from apps.slides.models import Slide
from hemaview.cells.table import CellTable

_NONE = -1
_rows: Remembered[tuple[uuid.UUID, uuid.UUID], int] = Remembered(4096)
"""Row by job and added cell: neither's place ever changes."""


def row_at(cells: CellTable, x: float, y: float) -> int | None:
    """The cell on which a place (level-0 px) lies: within the ellipse of its box, of several the one whose centre is nearest
    for its size; None where there is none."""
    dx, dy = cells.x - np.float32(x), cells.y - np.float32(y)
    away = (2 * dx / np.maximum(cells.w, 1)) ** 2 + (2 * dy / np.maximum(cells.h, 1)) ** 2
    if not len(away) or away.min() > 1:
        return None
    return int(away.argmin())


def upon(job: Job, cell: AddedCell, others: Sequence[tuple[AddedCell, Label]]) -> dict[str, Any] | None:
    """What an added cell lies upon: the machine's cell of that place, else one that somebody added before; None: neither."""
    row = _rows.or_make((job.pk, cell.pk), lambda: _row_or_none(job, cell))
    if row != _NONE:
        return {"row": row, "added": None, "class": int(cells_of(job).cls[row])}
    for other, label in others:
        before = (other.at, str(other.pk)) < (cell.at, str(cell.pk))
        away = (2 * (other.x - cell.x) / other.w) ** 2 + (2 * (other.y - cell.y) / other.h) ** 2
        if before and label.state != REJECTED and away <= 1:
            return {"row": None, "added": str(other.pk), "class": None}
    return None


def _row_or_none(job: Job, cell: AddedCell) -> int:
    row = row_at(cells_of(job), cell.x, cell.y)
    return _NONE if row is None else row


def reaches_over(slide: Slide, cell: AddedCell) -> bool:
    """Whether its box reaches over the edge of its photograph, or of the slide where it is a scan."""

    def over(x: float, y: float, w: float, h: float) -> bool:
        return bool(
            cell.x - cell.w / 2 < x
            or cell.y - cell.h / 2 < y
            or cell.x + cell.w / 2 > x + w
            or cell.y + cell.h / 2 > y + h
        )

    photographs = [(f["x"], f["y"], f["w"], f["h"]) for f in slide.photo_fields or ()]
    of = [p for p in photographs if p[0] <= cell.x < p[0] + p[2] and p[1] <= cell.y < p[1] + p[3]]
    return all(over(*p) for p in of or [(0, 0, slide.width, slide.height)])
