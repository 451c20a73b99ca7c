"""The cells of one field: segmentation, kind, finer class, measures; one table a field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import Classifier, Segmenter
from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.measures import Measured, measure
from hemaview.pipeline.pieces import join_pieces
from hemaview.pipeline.protocol import PlannedField
from hemaview.wsi.slide import Slide

HALO_UM = 16.0
FINEST_MPP = 0.15
"""Finer pictures are brought to this scale: no model looks closer."""
MAX_CONTOUR_POINTS = 96
PLATELETS = ("platelet", "giant_platelet", "platelet_clump")


@dataclass(frozen=True)
class Models:
    """The four models of the blood-film protocol."""

    segmentation: Segmenter
    kind: Classifier
    shape: Classifier
    nucleated: Classifier


def cells_of_field(slide: Slide, place: PlannedField, mpp: float, models: Models, schema: Schema) -> CellTable:
    """Every cell whose centre lies in the field, level-0 px; a scan's field is read with a halo so that none is cut."""
    halo = 0 if place.photo else round(HALO_UM / mpp)
    left, top = place.x - halo, place.y - halo
    width, height = place.w + 2 * halo, place.h + 2 * halo
    shrink = max(1.0, FINEST_MPP / mpp)
    if shrink > 1:
        rgb = slide.read_scaled(left, top, width, height, round(width / shrink), round(height / shrink))
    else:
        rgb = slide.read(left, top, 0, width, height)
    scale_x, scale_y = width / rgb.shape[1], height / rgb.shape[0]
    work_mpp = mpp * (scale_x + scale_y) / 2
    labels = models.segmentation.segment(rgb, work_mpp)
    found = measure(labels, rgb)
    kinds = models.kind.classify(rgb, found.centres, work_mpp)
    if join_pieces(labels, found, kinds, work_mpp):
        found = measure(labels, rgb)
        kinds = models.kind.classify(rgb, found.centres, work_mpp)
    centres = found.centres * (scale_x, scale_y) + (left, top)
    tolerance = 1.0 / mpp  # a cell on the border may have its centre on either side; doubles are parted later
    inside = (
        (centres[:, 0] >= place.x - tolerance)
        & (centres[:, 0] < place.x + place.w + tolerance)
        & (centres[:, 1] >= place.y - tolerance)
        & (centres[:, 1] < place.y + place.h + tolerance)
        & (centres[:, 0] >= 0)
        & (centres[:, 1] >= 0)
        & (centres[:, 0] < slide.width_px)
        & (centres[:, 1] < slide.height_px)
    )
    cut = _cut(found, rgb.shape[:2], place, left, top, scale_x, scale_y, slide)
    p = probabilities(rgb, found, kinds, work_mpp, models, schema)
    rows = np.flatnonzero(inside)
    n = len(rows)
    scale = np.array((scale_x, scale_y))
    area_um2 = found.area_px * work_mpp**2
    cls = classes_of(p, models, schema)
    groups = np.array([c.group for c in schema.classes])
    red, nucleated = groups[cls] == "rbc", np.isin(groups[cls], ("wbc", "nrbc"))
    nothing = np.float16("nan")
    return CellTable(
        x=centres[rows, 0].astype(np.float32),
        y=centres[rows, 1].astype(np.float32),
        w=np.clip(np.rint(found.boxes[rows, 2] * scale_x), 1, 65535).astype(np.uint16),
        h=np.clip(np.rint(found.boxes[rows, 3] * scale_y), 1, 65535).astype(np.uint16),
        cls=cls[rows],
        p=p[rows].astype(np.float16),
        field=np.full(n, place.index, np.uint32),
        flags=np.where(cut[rows], CUT, 0).astype(np.uint8),
        area_um2=area_um2[rows].astype(np.float16),
        circularity=found.circularity[rows].astype(np.float16),
        pallor=np.where(red[rows], found.pallor[rows].astype(np.float16), nothing),
        nc_ratio=np.where(nucleated[rows], found.nucleus_share[rows].astype(np.float16), nothing),
        contour=tuple(_deltas(found.contours[i], found.centres[i], scale) for i in rows),
    )


def classes_of(p: NDArray[np.float32], models: Models, schema: Schema) -> NDArray[np.uint8]:
    """uint8 (n,): the likeliest class, or one whose threshold (set on held-out data) is passed."""
    if not len(p):
        return np.zeros(0, np.uint8)
    cls = p.argmax(axis=1)
    for name, threshold in models.nucleated.thresholds.items():
        cls = np.where(p[:, schema.index(name)] >= threshold, schema.index(name), cls)
    return cls.astype(np.uint8)


def probabilities(
    rgb: NDArray[np.uint8], found: Measured, kinds: NDArray[np.float32], mpp: float, models: Models, schema: Schema
) -> NDArray[np.float32]:
    """float32 (n, classes of the schema): kinds mixed with the finer models' answers; rows sum to 1."""
    n = len(found)
    p = np.zeros((n, len(schema)), np.float32)
    if not n:
        return p
    kind = dict(zip(KINDS, with_size(kinds, found.area_px * mpp**2).T, strict=True))
    overlapped = overlap_share(found, kind["red_cell"], mpp)
    red = np.flatnonzero(kind["red_cell"] > 0.02)
    shape = models.shape.classify(rgb, found.centres[red], mpp)
    shape = with_axis_ratio(shape, models.shape.info.classes, found.axis_ratio[red])
    for column, name in enumerate(models.shape.info.classes):
        p[red, schema.index(name)] += kind["red_cell"][red] * (1 - overlapped[red]) * shape[:, column]
    p[:, schema.index("overlapped")] += kind["red_cell"] * overlapped
    p[kind["red_cell"] <= 0.02, schema.index("normal")] += (kind["red_cell"] * (1 - overlapped))[
        kind["red_cell"] <= 0.02
    ]
    other = np.flatnonzero(kind["nucleated"] + kind["platelet"] > 0.02)
    fine = models.nucleated.classify(rgb, found.centres[other], mpp)
    names = list(models.nucleated.info.classes)
    plates = np.array([name in PLATELETS for name in names])
    among = fine * plates + 1e-6 * plates
    among /= among.sum(axis=1, keepdims=True)
    for column, name in enumerate(names):
        p[other, schema.index(name)] += (
            kind["nucleated"][other] * fine[:, column] + kind["platelet"][other] * among[:, column]
        )
    few = (kind["nucleated"] + kind["platelet"]) <= 0.02
    p[few, schema.index("artefact")] += (kind["nucleated"] + kind["platelet"])[few]
    p[:, schema.index("artefact")] += kind["nothing"]
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9)


def with_size(kinds: NDArray[np.float32], area_um2: NDArray[np.float64]) -> NDArray[np.float32]:
    """Kinds in the light of the mask: a thing far smaller than any red cell is a platelet or dirt, what it lies on
    notwithstanding. Of schistocytes in chula-rbc12's train 95 % are at least 16 µm² large."""
    red, platelet, nothing = (KINDS.index(k) for k in ("red_cell", "platelet", "nothing"))
    keep = 1 / (1 + np.exp(-(area_um2 - 11.5) / 0.8))
    small = kinds[:, red] * (1 - keep)
    among = (kinds[:, platelet] + 0.02) / (kinds[:, platelet] + kinds[:, nothing] + 0.04)
    weighed = kinds.copy()
    weighed[:, red] *= keep
    weighed[:, platelet] += small * among
    weighed[:, nothing] += small * (1 - among)
    return weighed


def with_axis_ratio(
    shape: NDArray[np.float32], classes: tuple[str, ...], axis_ratio: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Shape probabilities in the light of the mask: a round cell is no elliptocyte, whatever its tint.

    Elliptocytes of chula-rbc12 come from two runs of pictures, so their tint is learnt with their shape. Of those in
    train 95 % have an axis ratio of at most 0.64, of ovalocytes at most 0.84; what is rounder is the rounder class.
    """
    weighed = shape.copy()
    if "elliptocyte" in classes and "ovalocyte" in classes:
        long, oval = classes.index("elliptocyte"), classes.index("ovalocyte")
        keep = 1 / (1 + np.exp((axis_ratio - 0.68) / 0.025))
        weighed[:, oval] += weighed[:, long] * (1 - keep)
        weighed[:, long] *= keep
        weighed[:, oval] *= 1 / (1 + np.exp((axis_ratio - 0.88) / 0.025))
    return np.asarray(weighed / np.maximum(weighed.sum(axis=1, keepdims=True), 1e-9), np.float32)


def overlap_share(found: Measured, red: NDArray[np.float32], mpp: float) -> NDArray[np.float64]:
    """0 … 1: how surely a red thing is several cells that were not parted: too large, and dented, for one."""
    area = found.area_px * mpp**2
    singles = area[(red > 0.5) & (found.solidity > 0.93) & (area > 15) & (area < 110)]
    typical = float(np.median(singles)) if len(singles) >= 8 else np.pi * 3.6**2
    size = area / typical
    evidence = 9 * (size - 1.65) + 45 * (0.93 - found.solidity)
    return np.asarray(np.where(size > 1.25, 1 / (1 + np.exp(-np.clip(evidence, -30, 30))), 0.0))


def _cut(
    found: Measured,
    shape: tuple[int, int],
    place: PlannedField,
    left: int,
    top: int,
    sx: float,
    sy: float,
    slide: Slide,
) -> NDArray[np.bool_]:
    """Cells that touch the edge of the photograph, or of the scan: the rest of them was never seen."""
    x0, y0 = found.boxes[:, 0], found.boxes[:, 1]
    x1, y1 = x0 + found.boxes[:, 2], y0 + found.boxes[:, 3]
    if place.photo:
        return np.asarray((x0 <= 1) | (y0 <= 1) | (x1 >= shape[1] - 1) | (y1 >= shape[0] - 1))
    return np.asarray(
        (left + x0 * sx <= 1)
        | (top + y0 * sy <= 1)
        | (left + x1 * sx >= slide.width_px - 1)
        | (top + y1 * sy >= slide.height_px - 1)
    )


def _deltas(contour: NDArray[np.float64], centre: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.int16]:
    """Contour points from the centre in quarter level-0 px."""
    step = max(1, -(-len(contour) // MAX_CONTOUR_POINTS))
    return np.clip(np.rint((contour[::step] + 0.5 - centre) * scale * 4), -32768, 32767).astype(np.int16)
