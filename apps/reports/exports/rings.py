"""Outlines of cells as polygons that every program reads: valid, closed, without needless points."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from apps.reports.exports.source import Part

TOLERANCE_PX = 0.5
"""How far a simplified ring may lie from the outline; outlines are stored in quarters of a pixel."""
MOST_LOST = 0.03
"""Share of an area that simplifying may change."""
LEAST_PART_PX2 = 1.0
"""What falls off an outline that crosses itself and is smaller than this is left out of its polygon."""


def polygons(part: Part) -> NDArray[np.object_]:
    """A valid Polygon or MultiPolygon for each cell in level-0 px: its outline, or its box where there is none."""
    columns = part.columns
    x, y, w, h = (np.asarray(columns[name], float) for name in ("x_px", "y_px", "w_px", "h_px"))
    boxes = shapely.box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    outlines = part.outlines or []
    rows = np.array([row for row, points in enumerate(outlines) if len(points) >= 3], int)
    if len(rows):
        lengths = [len(outlines[row]) for row in rows]
        rings = shapely.linearrings(
            np.concatenate([outlines[row] for row in rows]), indices=np.repeat(np.arange(len(rows)), lengths)
        )
        shapes = tidy(shapely.polygons(rings))
        there = ~shapely.is_empty(shapes)
        boxes[rows[there]] = shapes[there]
    return shapely.orient_polygons(boxes)


def tidy(areas: NDArray[np.object_]) -> NDArray[np.object_]:
    """The same areas, valid and simplified; empty where nothing of an area is left."""
    valid = areas.copy()
    crossed = ~shapely.is_valid(valid)
    valid[crossed] = [_areas(geometry) for geometry in shapely.make_valid(valid[crossed])]
    simple = shapely.simplify(valid, TOLERANCE_PX)
    # A ring of a few px may lose its shape: it stays as it was drawn.
    like = np.abs(shapely.area(simple) - shapely.area(valid)) <= MOST_LOST * shapely.area(valid)
    usable = shapely.is_valid(simple) & ~shapely.is_empty(simple) & np.isin(shapely.get_type_id(simple), (3, 6)) & like
    return np.where(usable, simple, valid)


def rings_of(geometry: Any) -> list[list[float]]:
    """The outer rings as x1, y1, x2, y2 …, without the closing point."""
    parts = shapely.get_parts(geometry)
    return [shapely.get_coordinates(shapely.get_exterior_ring(p))[:-1].round(2).reshape(-1).tolist() for p in parts]


def _areas(geometry: Any) -> Any:
    """What has an area of a repaired geometry: one polygon, or several."""
    parts = [p for p in shapely.get_parts(shapely.get_parts(geometry)) if shapely.get_type_id(p) == 3]
    large = [p for p in parts if shapely.area(p) >= LEAST_PART_PX2]
    pieces = large or sorted(parts, key=shapely.area)[-1:]
    if not pieces:
        return shapely.Polygon()
    return pieces[0] if len(pieces) == 1 else shapely.MultiPolygon(pieces)
