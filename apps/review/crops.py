"""Pictures of single cells, under the same colour policy as the tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.analysis.models import Job
from apps.slides.tiles import opened
from hemaview.wsi.deepzoom import encode_jpeg

CROP_SHARE = 1.6
LEAST_UM = 12.0
OFF_CENTRE = 0.08
"""Share of the side by which a cell lies off the middle from which its place is marked."""


@dataclass(frozen=True)
class Window:
    """A square of the slide."""

    x: float
    """Of its corner, level-0 px."""
    y: float
    """Of its corner, level-0 px."""
    side: float
    """Level-0 px."""
    at: tuple[float, float]
    """Where in it the cell's centre lies, shares of the side."""

    @property
    def shifted(self) -> bool:
        return max(abs(self.at[0] - 0.5), abs(self.at[1] - 0.5)) > OFF_CENTRE


def window(x: float, y: float, side: float, within: tuple[float, float, float, float]) -> Window:
    """The square of that side around a cell's centre, shifted so that it lies within a rectangle (x, y, w, h), and made smaller
    where the rectangle is: no picture shows what was never scanned."""
    left, top, width, height = within
    side = min(side, width, height)
    corner_x = min(max(x - side / 2, left), left + width - side)
    corner_y = min(max(y - side / 2, top), top + height - side)
    return Window(corner_x, corner_y, side, ((x - corner_x) / side, (y - corner_y) / side))


def crop_jpeg(job: Job, x: float, y: float, w: float, h: float, out_px: int, around: int = 1) -> bytes:
    """A square around the cell, 1.6 times its box and at least 12 µm, `around` times as wide to show what it lies among, as
    JPEG of out_px; may raise SlideError.

    At the edge of the slide, or of the photograph the cell lies on, the square is shifted inwards and ticks on its edges mark
    the cell's place.
    """
    slide = job.slide
    mpp = job.mpp or slide.mpp or 0.25
    side = max(CROP_SHARE * max(w, h), LEAST_UM / mpp) * around
    view = window(x, y, side, _around(slide.photo_fields, x, y) or (0, 0, slide.width, slide.height))
    with opened(slide) as (reader, icc):
        rgb = reader.read_scaled(view.x, view.y, view.side, view.side, out_px, out_px)
    return encode_jpeg(ticked(rgb, view.at) if view.shifted or around > 1 else rgb, quality=88, icc=icc)


def _around(photographs: Sequence[dict[str, Any]], x: float, y: float) -> tuple[float, float, float, float] | None:
    for f in photographs:
        if f["x"] <= x < f["x"] + f["w"] and f["y"] <= y < f["y"] + f["h"]:
            return f["x"], f["y"], f["w"], f["h"]
    return None


def ticked(rgb: NDArray[np.uint8], at: tuple[float, float]) -> NDArray[np.uint8]:
    """The picture (side, side, 3) with white-edged ticks from its edges towards a place (shares of the side)."""
    marked = rgb.copy()
    side = len(marked)
    long, thick = max(4, side // 10), max(1, side // 96)
    column, line = (min(side - 1, max(0, round(share * side))) for share in at)
    for value, edge in ((255, thick + 1), (0, thick)):
        for ends in (slice(0, long), slice(side - long, side)):
            marked[ends, max(0, column - edge) : column + edge] = value
            marked[max(0, line - edge) : line + edge, ends] = value
    return marked
