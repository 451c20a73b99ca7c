"""Nucleated cells by their place alone: named from a picture around it, outlined by a masker; no segmentation is asked.

In a stain that the segmentation and the kind net never saw white cells are taken for red ones, or for nothing. Where the
finder points at a place, and the net of nucleated cells sees one there, there is one.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hemaview.cells.schema import Schema
from hemaview.cells.table import BY_NUCLEATED, CellTable
from hemaview.inference import Classifier, Masker
from hemaview.inference.pictures import squares
from hemaview.pipeline.fieldpicture import FieldPicture
from hemaview.pipeline.looks import Looks
from hemaview.pipeline.measures import measure
from hemaview.pipeline.naming import classes_of

CELL_SQUARE_UM = 24.0
"""Side of the square that a nucleated cell is shown in to the models that draw its nucleus."""
CALLED = {
    "lymphocyte_variant": "lymphocyte", "promonocyte": "monocyte", "platelet": "artefact", "giant_platelet": "artefact",
    "platelet_clump": "artefact",
}  # fmt: skip
"""What a net of white cells names and an assay does not list, and the class that takes it there."""
NO_CELL = ("platelet", "giant_platelet", "platelet_clump", "smudge", "artefact")
"""Of the net's classes those that are no whole nucleated cell."""
DISC_UM = 10.0
"""Width of the disc that stands for a cell whose outline no model draws."""
SAME_CELL_UM = 5.0
"""Places nearer than this to a cell's centre are that cell."""
SURE = 0.7
"""Probability of a nucleated cell from which a place counts where the segmentation saw none."""
NUCLEUS = 2
"""The masker's number of a nucleus; 1 is cytoplasm."""


def answers_at(
    picture: FieldPicture, points: NDArray[np.float64], nucleated: Classifier, schema: Schema
) -> tuple[NDArray[np.float32], Looks]:
    """(float32 (n, classes of the schema): what lies at points (n, 2: x, y px of the picture), by the net of nucleated cells;
    how it looks to it)."""
    p = np.zeros((len(points), len(schema)), np.float32)
    looks = Looks.unknown(len(points))
    if len(points):
        fine, as_nucleated = picture.classes_and_looks(nucleated, points)
        looks.note(np.arange(len(points)), as_nucleated, BY_NUCLEATED)
        for column, name in enumerate(nucleated.info.classes):
            p[:, schema.index(name if name in schema.by_key else CALLED[name])] += fine[:, column]
    return p, looks


def outlines_at(
    picture: FieldPicture, points: NDArray[np.float64], masker: Masker | None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """(instance mask int32 (H, W), number i + 1 for the cell at points[i] (n, 2: x, y px), each pixel the nearest one's; the
    nucleus' share of each cell float64 (n,), NaN where no model draws it)."""
    h, w = picture.rgb.shape[:2]
    labels, share = np.zeros((h, w), np.int32), np.full(len(points), np.nan)
    side = round(CELL_SQUARE_UM / picture.mpp)
    masks = _masks_of(squares(picture.rgb, points, side), masker)
    nearest = _nearest(points, (h, w), picture.mpp)
    for i, (x, y) in enumerate(np.rint(points).astype(int)):
        left, top = x - side // 2, y - side // 2
        x0, y0, x1, y1 = max(0, left), max(0, top), min(w, left + side), min(h, top + side)
        own = masks[i]
        part = (own[y0 - top : y1 - top, x0 - left : x1 - left] > 0) & (nearest[y0:y1, x0:x1] == i + 1)
        labels[y0:y1, x0:x1][part] = i + 1
        if masker is not None and own.any():
            share[i] = float((own == NUCLEUS).sum() / (own > 0).sum())
    return labels, share


def overlooked(
    picture: FieldPicture,
    points: NDArray[np.float64],
    cells: CellTable,
    nucleated: Classifier,
    masker: Masker | None,
    thresholds: Mapping[str, float],
    schema: Schema,
) -> CellTable:
    """The cells of a field with what lies at points (n, 2: x, y level-0 px) and is a nucleated cell, where none was seen yet;
    what was taken for something else at such a place is dropped."""
    is_nucleated = schema.rows_of_kind(cells.cls, "nucleated")
    free = _farther_than(points, np.stack([cells.x, cells.y], axis=1)[is_nucleated], SAME_CELL_UM / picture.slide_mpp)
    places = _once(points[free], SAME_CELL_UM / picture.slide_mpp)
    at = (places - (picture.left, picture.top)) / picture.scale
    p, looks = answers_at(picture, at, nucleated, schema)
    no_cell = [schema.index(name) for name in NO_CELL if name in schema.by_key]
    # Where the net gives no answer (NaN) a person must look: the finder saw a nucleated cell there.
    sure = np.flatnonzero(~(1 - p[:, no_cell].sum(axis=1) < SURE)) if len(p) else np.zeros(0, np.int64)
    if not len(sure):
        return cells
    labels, share = outlines_at(picture, at[sure], masker)
    measured = measure(labels, picture.rgb)
    own = p[sure][measured.ids - 1]
    cls, of_added = classes_of(own, thresholds, schema), looks.take(sure).take(measured.ids - 1)
    added = picture.table(measured, own, cls, schema, share[measured.ids - 1], of_added)
    # A cell's outline may have its middle elsewhere than it was pointed at: there another one may have it already.
    there = np.stack([cells.x, cells.y], axis=1)[is_nucleated]
    added = added.take(new_cells(np.stack([added.x, added.y], axis=1), there, SAME_CELL_UM / picture.slide_mpp))
    centres = np.stack([added.x, added.y], axis=1)
    stays = is_nucleated | _farther_than(
        np.stack([cells.x, cells.y], axis=1).astype(np.float64), centres, SAME_CELL_UM / picture.slide_mpp
    )
    return CellTable.concatenate([cells.take(np.flatnonzero(stays)), added], len(schema))


def new_cells(centres: NDArray[np.floating], there: NDArray[np.floating], reach_px: float) -> NDArray[np.int64]:
    """Rows of the centres (n, 2), in their order, that lie farther than reach_px from those there (m, 2) and from earlier ones
    of their own."""
    rows: list[int] = []
    for i, centre in enumerate(centres):
        others = np.concatenate([there, centres[rows]])
        if not len(others) or np.hypot(*(others - centre).T).min() > reach_px:
            rows.append(i)
    return np.array(rows, np.int64)


def middle_part(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A mask (H, W) of ground, cytoplasm and nucleus without what is drawn of neighbours: the part nearest to the middle."""
    parts, n = ndimage.label(mask > 0)
    if n < 2:
        return mask
    y, x = np.nonzero(parts)
    nearest = np.argmin(np.hypot(y - mask.shape[0] / 2, x - mask.shape[1] / 2))
    return np.where(parts == parts[y[nearest], x[nearest]], mask, 0).astype(np.uint8)


def _masks_of(crops: NDArray[np.uint8], masker: Masker | None) -> NDArray[np.uint8]:
    """The cell in the middle of each square uint8 (n, side, side, 3): 1 cytoplasm, 2 nucleus, uint8 (n, side, side); a disc
    where nothing is drawn."""
    n, side = crops.shape[0], crops.shape[1]
    disc = np.zeros((side, side), np.uint8)
    cv2.circle(disc, (side // 2, side // 2), round(DISC_UM / CELL_SQUARE_UM * side / 2), 1, cv2.FILLED)
    if masker is None or not n:
        return np.broadcast_to(disc, (n, side, side))
    middles = [middle_part(mask) for mask in masker.masks(crops)]
    return np.stack([own if own[disc > 0].any() else disc for own in middles])


def _nearest(points: NDArray[np.float64], size: tuple[int, int], mpp: float) -> NDArray[np.int32]:
    """int32 (H, W): 1 + the index of the point nearest to each pixel, 0 beyond half a square."""
    if not len(points):
        return np.zeros(size, np.int32)
    free = np.ones(size, np.uint8)
    at = np.clip(np.rint(points).astype(int), 0, (size[1] - 1, size[0] - 1))
    free[at[:, 1], at[:, 0]] = 0
    far, number = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_pixel = np.zeros(int(number.max()) + 1, np.int32)
    of_pixel[number[at[:, 1], at[:, 0]]] = np.arange(1, len(points) + 1)
    return np.where(far * mpp <= CELL_SQUARE_UM / 2, of_pixel[number], 0).astype(np.int32)


def _once(points: NDArray[np.float64], reach_px: float) -> NDArray[np.float64]:
    """The points (n, 2), best first, without those that lie within reach_px of a better one: one cell is pointed at once."""
    best: list[int] = []
    for i in range(len(points)):
        if not best or np.hypot(*(points[best] - points[i]).T).min() > reach_px:
            best.append(i)
    return points[best]


def _farther_than(points: NDArray[np.float64], others: NDArray[np.floating], reach_px: float) -> NDArray[np.bool_]:
    """bool (n,): which of the points (n, 2) lie farther than reach_px from every other (m, 2)."""
    if not len(others) or not len(points):
        return np.ones(len(points), bool)
    apart_px = np.hypot(points[:, :1] - others[None, :, 0], points[:, 1:2] - others[None, :, 1])
    return np.asarray((apart_px > reach_px).all(axis=1))
