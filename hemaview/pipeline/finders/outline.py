"""Sickle shapes: segmentation, kind, then circular, elongated or other from the outline of each red cell."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import Classifier, Model, Outliner, Segmenter
from hemaview.methods.cellkind import KINDS
from hemaview.methods.cellshape import TYPICAL_PX, lightness
from hemaview.pipeline.fieldcells import overlap_share, with_size
from hemaview.pipeline.fieldpicture import picture_of
from hemaview.pipeline.finders.common import FinderKind, Thresholds, devices, fitting, likeliest, summing
from hemaview.pipeline.measures import measure
from hemaview.pipeline.protocol import PlannedField
from hemaview.wsi.slide import Slide


class OutlineFinder:
    """Segmentation, kind, then circular, elongated or other from the shape of each red cell: sickle shapes."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.segmentation = fitting(models, "segmentation", Segmenter)
        self.kind = fitting(models, "kind", Classifier)
        self.outline = fitting(models, "outline", Outliner)
        self.thresholds: Thresholds = {}
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        labels = self.segmentation.segment(picture.rgb, picture.mpp, picture.block_px)
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
            shapes = self.outline.classify_cells(
                [_alone(labels, light, outlines.boxes[i], int(outlines.ids[i]), grow) for i in red]
            )
            names = {"circular": "circular", "elongated": "elongated", "other": "other_shape"}
            for column, name in enumerate(self.outline.info.classes):
                p[red, schema.index(names[name])] += (kind["red_cell"] * (1 - overlapped))[red] * shapes[:, column]
            p[:, schema.index("overlapped")] += kind["red_cell"] * overlapped
            p[:, schema.index("other_cell")] += kind["nucleated"]
            p[:, schema.index("artefact")] += kind["platelet"] + kind["nothing"]
        return picture.table(outlines, summing(p), likeliest(p), schema)


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
)
