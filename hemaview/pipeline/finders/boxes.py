"""Boxes: a detector on overlapping patches, stitched (Wang et al.)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import Boxes, Detector, Model
from hemaview.inference.pictures import rescale
from hemaview.pipeline.fieldpicture import picture_of
from hemaview.pipeline.finders.common import FinderKind, Thresholds, devices, fitting
from hemaview.pipeline.measures import measured_boxes
from hemaview.pipeline.plan import PlannedField
from hemaview.pipeline.stitching import PATCH_PX, detect_stitched
from hemaview.wsi.slide import Slide

PATCH_OVERLAP_PX = 192
LEAST_DETECTION = 0.3
"""Score from which a box is a cell where the protocol asks for no other."""
LARGEST_CELL_UM = 30.0
"""No cell of the marrow but a megakaryocyte is larger: such a box holds several, and would swallow theirs."""


class BoxFinder:
    """A detector on overlapping patches, stitched (Wang et al.).

    The model in the role `overview` chooses the fields, before the finder is asked (pipeline.overview).
    """

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.detector = fitting(models, "detector", Detector)
        if "overview" in models:
            fitting(models, "overview", Detector)
        self._least = thresholds.get("detector", LEAST_DETECTION)
        self.thresholds: Thresholds = {"detector": {"box": self._least}}
        self._giants = [i for i, name in enumerate(self.detector.info.classes) if name == "megakaryocyte"]
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        detector_mpp = self.detector.info.mpp or picture.mpp
        factor = picture.mpp / detector_mpp

        def single(patch: NDArray[np.uint8]) -> Boxes:
            detections = self.detector.at_scale(patch)
            sides = (detections.boxes[:, 2:] - detections.boxes[:, :2]).max(axis=1)
            return detections.take((sides <= LARGEST_CELL_UM / detector_mpp) | np.isin(detections.labels, self._giants))

        detections = detect_stitched(rescale(picture.rgb, factor), single, PATCH_PX, PATCH_OVERLAP_PX)
        detections = detections.take(detections.scores >= self._least)
        p = np.zeros((len(detections.scores), len(schema)), np.float32)
        columns = np.array([schema.index(name) for name in self.detector.info.classes])
        rows = np.arange(len(p))
        # One score a box is all a detector gives; the rest goes to what the box may be instead of a cell.
        p[rows, columns[detections.labels]] = detections.scores
        p[rows, schema.index("artefact")] += 1 - detections.scores
        cls = columns[detections.labels].astype(np.uint8)
        return picture.table(measured_boxes(detections.boxes / factor), p, cls, schema)


KIND = FinderKind(
    "boxes",
    "Boxes of a detector on overlapping patches",
    ("detector",),
    BoxFinder,
    optional=("overview",),
    named=("detector",),
    scored=("detector",),
)
