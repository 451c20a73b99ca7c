"""Two stages: centres of nucleated cells at low power, then each by its picture; for marrow, where cells touch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import CentreFinder, Classifier, Masker, Model
from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.fieldpicture import FieldPicture, picture_of
from hemaview.pipeline.finders.common import FinderKind, Thresholds, devices, fitting, summing, thresholds_of
from hemaview.pipeline.looks import Looks
from hemaview.pipeline.measures import measure
from hemaview.pipeline.naming import DOUBT, classes_of
from hemaview.pipeline.plan import PlannedField
from hemaview.pipeline.pointed import CALLED, answers_at, outlines_at
from hemaview.wsi.slide import Slide


class CentreCells:
    """Finds cells by a finder of centres and names them by a classifier of pictures; outlines are a masker's, where there is
    one. What the kind net, where there is one, sees no nucleated cell in is named an artefact."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.seeker = fitting(models, "nucleated-cell-finder", CentreFinder)
        self.nucleated = fitting(models, "nucleated-cell", Classifier)
        self.masker = fitting(models, "nucleus-mask", Masker) if "nucleus-mask" in models else None
        self.kind = fitting(models, "kind", Classifier) if "kind" in models else None
        self.thresholds: Thresholds = {
            "nucleated-cell": thresholds_of(self.nucleated, thresholds.get("nucleated-cell"))
        }
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        centres = self.seeker.centres(picture.rgb, picture.mpp)[:, :2]
        labels, share = outlines_at(picture, centres, self.masker)
        cells = measure(labels, picture.rgb)
        p, looks = self._answers(picture, centres[cells.ids - 1], schema)
        thresholds = {k: v for k, v in self.thresholds["nucleated-cell"].items() if k in schema.by_key}
        return picture.table(cells, p, classes_of(p, thresholds, schema), schema, share[cells.ids - 1], looks)

    def _answers(
        self, picture: FieldPicture, centres: NDArray[np.float64], schema: Schema
    ) -> tuple[NDArray[np.float32], Looks]:
        """(float32 (n, classes of the schema), how they look), of cells at centres (n, 2: x, y px)."""
        p, looks = answers_at(picture, centres, self.nucleated, schema)
        if self.kind is None or not len(p):
            return summing(p), looks
        kinds = picture.classes(self.kind, centres)[:, KINDS.index("nucleated")]
        dirt = schema.index("artefact")
        if (
            "artefact" not in self.nucleated.info.classes
        ):  # it takes everything for a cell: the kind net alone knows better
            p *= kinds[:, None]
            p[:, dirt] = 1 - kinds
            return summing(p), looks
        cell = 1 - p[:, dirt]
        # Both say whether a thing is a nucleated cell, and neither alone: their odds are multiplied, softened.
        odds = (kinds + DOUBT) * (cell + DOUBT)
        odds /= odds + (1 - kinds + DOUBT) * (1 - cell + DOUBT)
        p *= (odds / np.maximum(cell, 1e-6))[:, None]
        p[:, dirt] = 1 - odds
        return summing(p), looks


KIND = FinderKind(
    "centres",
    "Centres of nucleated cells at low power, then each by its picture",
    ("nucleated-cell-finder", "nucleated-cell"),
    CentreCells,
    optional=("nucleus-mask", "kind", "overview"),
    scored=("nucleated-cell",),
    named=("nucleated-cell",),
    renamed=tuple(CALLED),
    exactly={"kind": KINDS},
)
