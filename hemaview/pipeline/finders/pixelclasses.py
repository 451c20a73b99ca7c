"""Red and white cells by what a net calls each pixel (Li et al. 2021): counts of a field, no shapes and no kinds."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import Model, Segmenter
from hemaview.pipeline.fieldpicture import picture_of
from hemaview.pipeline.finders.common import GROUND, FinderKind, Thresholds, devices, fitting, likeliest, summing
from hemaview.pipeline.measures import measure
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide

ROLE = "segmentation"


class PixelClasses:
    """Cells are the parts of a segmentation that names its pixels; a cell is what its pixels are, on average."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.segmentation = fitting(models, ROLE, Segmenter)
        self.thresholds: Thresholds = {}
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        classes, pixels = self.segmentation.segment_and_name(picture.rgb, picture.mpp, picture.block_px)
        labels = picture.on_slide(classes)
        outlines = measure(labels, picture.rgb)
        p = np.zeros((len(outlines), len(schema)), np.float32)
        for number, name in enumerate(self.segmentation.info.classes):
            if name != GROUND and len(outlines):
                p[:, schema.index(name)] = _mean(labels, pixels[number])[outlines.ids]
        p = summing(p)
        return picture.table(outlines, p, likeliest(p), schema)


def _mean(labels: NDArray[np.int32], of_class: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (instances + 1,): the mean probability of each instance's pixels, by its number."""
    at = cv2.resize(of_class, labels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    n = np.bincount(labels.ravel())
    return np.asarray(np.bincount(labels.ravel(), at.ravel()) / np.maximum(n, 1), np.float32)


KIND = FinderKind(
    "pixel-classes", "Red and white cells by the class of each pixel", (ROLE,), PixelClasses, named=(ROLE,)
)
