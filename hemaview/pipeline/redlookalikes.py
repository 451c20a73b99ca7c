"""Red cells that were taken for nucleated ones: nothing in them is coloured otherwise than the red cells around.

In a stain that the nets never saw they take dense red cells for white ones. A nucleus has a colour of its own in every stain, and
the red cells of a field tell theirs: no net is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, NOBODY, UNANSWERED, CellTable
from hemaview.pipeline.naming import UNCATEGORISED
from hemaview.words import ngettext
from hemaview.wsi.slide import Slide

LOOK_MPP = 0.2
LEAST_RED, MOST_RED = 12, 24
"""Red cells of a field that tell its colour, at least and at most; where one of a scan has fewer, those of the film do."""
NUCLEUS_UM2 = 8.0
"""Area that must differ from red cells: the nuclei of erythroblasts, the smallest, are larger."""
OTHERWISE = 3.0
"""Mahalanobis distance from the field's red cells beyond which a colour is none of theirs. Of boxed red cells 97 to 99 in 100 lie
nearer; every white cell lies farther, and 98 in 100 of them beyond 7.5 (`study red-limits`)."""
SPREAD, NOISE = 1.5, 0.03
"""What a field's own scatter (as variance) and the picture's noise (optical density) are taken for at the least."""
_MIDDLE, _WHOLE = 0.6, 0.8
"""How much of its box's ellipse (squared radius) is surely of a red cell, and is looked at of a nucleated one."""
_DENSITY = -np.log((np.arange(256, dtype=np.float64) + 1) / 256)


@dataclass(frozen=True)
class RedCellColour:
    """The red cells' colour: the middle of their optical densities (3,), and the inverse of its covariance (3, 3)."""

    middle: NDArray[np.float64]
    inverse: NDArray[np.float64]

    def distance(self, densities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mahalanobis distance of densities (n, 3: red, green, blue light); 0 for what is paler than red cells both in red light,
        which nuclei absorb, and in all: their own pale middles are."""
        off = densities - self.middle
        far = np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", off, self.inverse, off), 0))
        return np.where((off[:, 0] > 0) | (off.sum(axis=1) > 0), far, 0.0)


def without_red_lookalikes(
    slide: Slide, cells: CellTable, counted_fields: list[int], mpp: float, schema: Schema, photographs: bool
) -> tuple[CellTable, int]:
    """(the cells, how many were no nucleated ones after all). A nucleated cell in which nothing as large as NUCLEUS_UM2 is
    coloured otherwise than the red cells around is a red cell without a named shape in the fields whose red cells are counted
    (`counted_fields`, indices), and nothing elsewhere. As they are where there are too few red cells to tell: of `photographs`
    each by its own alone, for the next may be of another light or camera."""
    if UNCATEGORISED not in schema.by_key:
        return cells, 0
    whole = (cells.flags & CUT) == 0
    red = np.flatnonzero(schema.rows_of_kind(cells.cls, "red_cell") & whole)
    nucleated = np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated") & ((cells.flags & UNANSWERED) == 0))
    if not len(nucleated) or len(red) < LEAST_RED:
        return cells, 0
    of_film = colour_of(slide, cells, red, mpp)
    none: list[int] = []
    for field in np.unique(cells.field[nucleated]):
        own = red[cells.field[red] == field]
        if photographs and len(own) < LEAST_RED:
            continue
        rows = nucleated[cells.field[nucleated] == field]
        colour = colour_of(slide, cells, own, mpp) if len(own) >= LEAST_RED else of_film
        none += rows[distances_from(colour, slide, cells, rows, mpp) < OTHERWISE].tolist()
    cls = cells.cls.copy()
    cls[none] = schema.index(UNCATEGORISED)
    stays = np.ones(len(cells), bool)
    stays[none] = np.isin(cells.field[none], counted_fields)
    # Among red cells the numbers of a net that was asked of a nucleated cell compare with nobody's.
    embedded_by, embedding = cells.embedded_by.copy(), cells.embedding.copy()
    embedded_by[none], embedding[none] = NOBODY, 0
    renamed = replace(cells, cls=cls, embedded_by=embedded_by, embedding=embedding)
    return renamed.take(np.flatnonzero(stays)), len(none)


def lookalike_notes(n: int, n_gone: int) -> list[str]:
    """Sentences on so many nucleated cells that were none, `n_gone` of them where red cells are not counted; none of none."""
    notes = []
    if n > n_gone:
        notes.append(
            ngettext(
                "{n:,} cell that a model called nucleated showed no nucleus (nothing in it differs in colour from "
                "the red cells around it) and counts as an uncategorised red cell.",
                "{n:,} cells that a model called nucleated showed no nucleus (nothing in them differs in colour from "
                "the red cells around them) and count as uncategorised red cells.",
                n - n_gone,
            ).format(n=n - n_gone)
        )
    if n_gone:
        notes.append(
            ngettext(
                "{n:,} cell that a model called nucleated showed no nucleus and is left out: it lies where red cells are not "
                "counted.",
                "{n:,} cells that a model called nucleated showed no nucleus and are left out: they lie where red cells are not "
                "counted.",
                n_gone,
            ).format(n=n_gone)
        )
    return notes


def distances_from(
    colour: RedCellColour, slide: Slide, cells: CellTable, rows: NDArray[np.int64], mpp: float
) -> NDArray[np.float64]:
    """float64 (rows,): how far NUCLEUS_UM2 of each cell lie from the colour; without end where a cell is smaller than twice that,
    which is no red cell either."""
    return np.array([_farthest(slide, cells, int(row), mpp, colour) for row in rows], np.float64)


def _some(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most MOST_RED of them, from the first to the last."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(MOST_RED, len(rows))).round().astype(int))]


def colour_of(slide: Slide, cells: CellTable, red: NDArray[np.int64], mpp: float) -> RedCellColour:
    """The colour of the red cells in the rows `red`, of which MOST_RED are looked at."""
    densities = np.concatenate([_densities(slide, cells, row, mpp, _MIDDLE) for row in _some(red)])
    middle = np.asarray(np.median(densities, axis=0), np.float64)
    off = np.abs(densities - middle)
    usual = densities[(off <= np.percentile(off, 90, axis=0)).all(axis=1)]
    scatter = np.cov(usual.T) * SPREAD + np.eye(3) * NOISE**2
    return RedCellColour(middle, np.asarray(np.linalg.inv(scatter), np.float64))


def _farthest(slide: Slide, cells: CellTable, row: int, mpp: float, colour: RedCellColour) -> float:
    """The distance from the red cells' colour that NUCLEUS_UM2 of a cell reach; without end of one that is too small."""
    far = np.sort(colour.distance(_densities(slide, cells, row, mpp, _WHOLE)))[::-1]
    nucleus_px = round(NUCLEUS_UM2 / LOOK_MPP**2)
    return float(far[nucleus_px]) if len(far) >= 2 * nucleus_px else np.inf


def _densities(slide: Slide, cells: CellTable, row: int, mpp: float, part: float) -> NDArray[np.float64]:
    """Optical densities (n, 3) within the middle `part` of the ellipse in a cell's box."""
    w, h = float(cells.w[row]), float(cells.h[row])
    columns, rows = (max(3, round(side * mpp / LOOK_MPP)) for side in (w, h))
    rgb = slide.read_scaled(float(cells.x[row]) - w / 2, float(cells.y[row]) - h / 2, w, h, columns, rows)
    y, x = np.mgrid[:rows, :columns]
    inside = ((2 * x + 1 - columns) / columns) ** 2 + ((2 * y + 1 - rows) / rows) ** 2 < part
    return np.asarray(_DENSITY[rgb[inside]])
