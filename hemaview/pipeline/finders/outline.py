"""Sickle shapes: segmentation, kind, then circular, elongated or other from the outline of each red cell; on photographed
fields also what a finder of sickle cells points at, for thin and pale ones have no outline to go by."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import CentreFinder, Classifier, Masker, Model, Outliner, Segmenter
from hemaview.inference.pictures import squares
from hemaview.methods.cellkind import KINDS
from hemaview.methods.cellshape import TYPICAL_PX, lightness
from hemaview.pipeline.eyepiece import in_equal_stain, on_even_ground
from hemaview.pipeline.fieldpicture import FieldPicture, picture_of
from hemaview.pipeline.finders.common import FinderKind, Thresholds, devices, fitting, likeliest, summing
from hemaview.pipeline.maskrules import overlap_share, with_size
from hemaview.pipeline.measures import Measured, measure, measured_boxes
from hemaview.pipeline.plan import PlannedField
from hemaview.pipeline.pointed import middle_part
from hemaview.pipeline.scale import AGREES, mpp_through_eyepiece
from hemaview.wsi.slide import Slide

ROLE = "sickle-cell-finder"
DOUBTED = 0.5
"""An outline alone makes a sickle cell where the finder's peak has at least this share of the height that calls one."""
SICKLE_UM = 7.2
"""Width of the box around a sickle cell that was pointed at and has no outline of its own."""
REACH_UM = 4.5
"""What is pointed at is the outlined cell whose centre lies so near."""
PIECE_UM2, SINGLE_UM2 = 9.0, 75.0
"""Smaller outlines are pieces or dirt, larger ones several cells: a sickle cell that was pointed at there stands beside them."""


class OutlineFinder:
    """Segmentation, kind, then circular, elongated or other from the shape of each red cell; where the protocol names a finder
    of sickle cells, what it points at is elongated."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.segmentation = fitting(models, "segmentation", Segmenter)
        self.kind = fitting(models, "kind", Classifier)
        self.outline = _naming(models)
        self.pointer = fitting(models, ROLE, CentreFinder) if ROLE in models else None
        self.thresholds: Thresholds = {}
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        labels = picture.instances(self.segmentation)
        outlines = measure(labels, picture.rgb)
        p = np.zeros((len(outlines), len(schema)), np.float32)
        if len(outlines):
            raw = picture.classes(self.kind, outlines.centres)
            kind = dict(zip(KINDS, with_size(raw, outlines.area_px * picture.mpp**2).T, strict=True))
            overlapped = overlap_share(outlines, kind["red_cell"], picture.mpp)
            red = np.flatnonzero(kind["red_cell"] > 0.02)
            singles = outlines.area_px[(kind["red_cell"] > 0.5) & (overlapped < 0.5)]
            grow = float(np.sqrt(TYPICAL_PX / np.median(singles))) if len(singles) else 1.0
            light = lightness(picture.rgb, labels == 0)
            if isinstance(self.outline, Outliner):
                classes = self.outline.info.classes
                shapes = self.outline.classify_cells(
                    [_alone(labels, light, outlines.boxes[i], int(outlines.ids[i]), grow) for i in red]
                )
            else:
                classes = self.outline.info.classes[1:]
                shapes = _by_pixels(self.outline, picture.rgb, outlines.centres[red], grow)
            names = {"circular": "circular", "elongated": "elongated", "other": "other_shape"}
            for column, name in enumerate(classes):
                p[red, schema.index(names[name])] += (kind["red_cell"] * (1 - overlapped))[red] * shapes[:, column]
            p[:, schema.index("overlapped")] += kind["red_cell"] * overlapped
            p[:, schema.index("other_cell")] += kind["nucleated"]
            p[:, schema.index("artefact")] += kind["platelet"] + kind["nothing"]
        p = summing(p)
        if self.pointer is None:
            return picture.table(outlines, p, likeliest(p), schema)
        least = self.pointer.least
        even = in_equal_stain(on_even_ground(picture.rgb, picture.eyepiece))
        points = self.pointer.centres(even, shown_mpp(picture), DOUBTED * least)
        _hold_back(points, outlines, p, picture.mpp, schema)
        alone = _point_out(points[points[:, 2] >= least], outlines, p, picture, least, schema)
        outlined = picture.table(outlines, p, likeliest(p), schema)
        half = SICKLE_UM / 2 / picture.mpp
        boxes = np.concatenate([alone[:, :2] - half, alone[:, :2] + half], axis=1).astype(np.float32)
        added = np.zeros((len(alone), len(schema)), np.float32)
        _make_elongated(added, np.arange(len(alone)), alone[:, 2], self.pointer.least, schema)
        return CellTable.concatenate(
            [outlined, picture.table(measured_boxes(boxes), added, likeliest(added), schema)], len(schema)
        )


def _naming(models: Mapping[str, Model]) -> Outliner | Masker:
    """What names a cell's shape: by measures of its outline, or by the class that most of its pixels are of."""
    model = models["outline"]
    return fitting(models, "outline", Masker) if isinstance(model, Masker) else fitting(models, "outline", Outliner)


def _by_pixels(
    masker: Masker, rgb: NDArray[np.uint8], centres: NDArray[np.float64], grow: float
) -> NDArray[np.float32]:
    """float32 (n, classes but the ground): share of each class among the pixels of a cell, of squares around centres (n, 2) as
    large as those that the model learned from, once cells are `grow` times as large."""
    side = max(8, round(masker.info.input_px / grow))
    shapes = np.full((len(centres), len(masker.info.classes) - 1), 1.0 / (len(masker.info.classes) - 1), np.float32)
    for row, mask in enumerate(masker.masks(squares(rgb, centres, side))):
        own = middle_part(mask)
        if (own > 0).any():
            votes = np.bincount(own[own > 0], minlength=len(masker.info.classes))[1:]
            shapes[row] = votes / votes.sum()
    return shapes


def shown_mpp(picture: FieldPicture) -> float:
    """µm/px at which the finder of sickle cells is shown a picture: by its round field, as it learned, where it has one of an
    oil objective, for crowded or pale red cells give a worse scale."""
    if picture.eyepiece is None:
        return picture.mpp
    by_field = mpp_through_eyepiece(picture.eyepiece)
    return by_field if max(by_field / picture.mpp, picture.mpp / by_field) <= AGREES else picture.mpp


def _hold_back(
    points: NDArray[np.float64], outlines: Measured, p: NDArray[np.float32], mpp: float, schema: Schema
) -> None:
    """Take, in p (n, classes), what is elongated by its outline alone for its next likely class, where no point (m, 3: x, y px,
    height) is near: pieces of clumps and cells seen on edge are as long."""
    elongated = schema.index("elongated")
    for row in np.flatnonzero(p.argmax(axis=1) == elongated) if len(p) else ():
        far = np.hypot(*(points[:, :2] - outlines.centres[row]).T) * mpp if len(points) else np.ones(0)
        if not len(far) or far.min() > REACH_UM:
            p[row, elongated] = 0
            p[row] /= max(float(p[row].sum()), 1e-9)


def _point_out(
    points: NDArray[np.float64],
    outlines: Measured,
    p: NDArray[np.float32],
    picture: FieldPicture,
    least: float,
    schema: Schema,
) -> NDArray[np.float64]:
    """Name elongated, in p (n, classes), the single outlined cells that points (m, 3: x, y px, height) lie in; the points that
    lie in none. Points in the rim of an eyepiece are left out."""
    inside = picture.inside if picture.eyepiece is None else picture.eyepiece.inside
    if inside is not None and len(points):
        h, w = inside.shape
        at = np.rint(points[:, :2]).astype(int).clip(0, (w - 1, h - 1))
        points = points[inside[at[:, 1], at[:, 0]]]
    area_um2 = outlines.area_px * picture.mpp**2
    whole = np.flatnonzero((area_um2 <= SINGLE_UM2) & (area_um2 >= PIECE_UM2))
    alone, pointed_rows = [], set()
    for point in points:
        far = np.hypot(*(outlines.centres[whole] - point[:2]).T) * picture.mpp if len(whole) else np.ones(0)
        row = int(whole[far.argmin()]) if len(far) and far.min() <= REACH_UM else -1
        if row < 0 or row in pointed_rows:
            if row < 0:
                alone.append(point)
            continue
        pointed_rows.add(row)
        _make_elongated(p, np.array([row]), point[2:], least, schema)
    return np.array(alone).reshape(-1, 3)


def _make_elongated(
    p: NDArray[np.float32], rows: NDArray[np.int64], heights: NDArray[np.float64], least: float, schema: Schema
) -> None:
    """Make elongated the likeliest class of rows of p (n, classes), the surer the higher the peak is above `least`; what they
    may be instead keeps its share, another shape where nothing is known of it."""
    elongated, other = schema.index("elongated"), schema.index("other_shape")
    sure = (0.5 + 0.5 * (heights - least) / max(1e-6, 1 - least)).clip(0.51, 1).astype(np.float32)
    rest = p[rows].copy()
    rest[:, elongated] = 0
    rest[rest.sum(axis=1) == 0, other] = 1
    p[rows] = rest / rest.sum(axis=1, keepdims=True) * (1 - sure)[:, None]
    p[rows, elongated] = sure


def _alone(
    labels: NDArray[np.int32], light: NDArray[np.float32], box: NDArray[np.float64], number: int, grow: float
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """(mask, light) of one cell of a field, `grow` times as large."""
    x, y, w, h = (int(v) for v in box)
    here = np.s_[max(0, y - 1) : y + h + 2, max(0, x - 1) : x + w + 2]
    own, shade = np.pad((labels[here] == number).astype(np.float32), 2), np.pad(light[here], 2, mode="edge")
    size = (max(4, round(own.shape[1] * grow)), max(4, round(own.shape[0] * grow)))
    mask, inside = (cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) for part in (own, shade))
    return np.asarray(mask >= 0.5), np.asarray(inside, np.float32)


KIND = FinderKind(
    "outline",
    "Red cells by their outline: circular, elongated, other",
    ("segmentation", "kind", "outline"),
    OutlineFinder,
    optional=(ROLE,),
    exactly={"kind": KINDS},
)
