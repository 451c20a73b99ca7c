"""The blood film: segmentation, kind, then red-cell shapes and nucleated cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import CentreFinder, Classifier, Masker, Model, Segmenter
from hemaview.inference.grounds import Grounds
from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.fieldcells import Models, cells_of_field, nucleated_cells_at
from hemaview.pipeline.finders.common import WITHOUT_NUCLEUS, FinderKind, Thresholds, devices, fitting, thresholds_of
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide


class FilmFinder:
    """Segmentation, kind, then red-cell shapes and nucleated cells: the blood film."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        nucleus, nucleated = models.get("nucleus-mask"), fitting(models, "nucleated-cell", Classifier)
        seeker = models.get("nucleated-cell-finder")
        nucleated_thresholds = thresholds_of(nucleated, thresholds.get("nucleated-cell"))
        self.models = Models(
            fitting(models, "segmentation", Segmenter),
            fitting(models, "kind", Classifier),
            fitting(models, "red-cell-shape", Classifier),
            nucleated,
            nucleated_thresholds,
            fitting(models, "nucleus-mask", Masker) if nucleus is not None else None,
            # Of a film like those learned from, the segmentation sees every white cell.
            seeker if isinstance(seeker, CentreFinder) and nucleated.card.adapts else None,
            fitting(models, WITHOUT_NUCLEUS, Classifier) if WITHOUT_NUCLEUS in models else None,
        )
        held_back = self.models.called_from
        self.thresholds: Thresholds = {"nucleated-cell": nucleated_thresholds}
        if held_back:
            self.thresholds = {**self.thresholds, "red-cell-shape": held_back}
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        return cells_of_field(slide, place, mpp, self.models, schema)

    def nucleated_at(
        self,
        slide: Slide,
        place: PlannedField,
        points: NDArray[np.float64],
        mpp: float,
        schema: Schema,
        grounds: Grounds,
    ) -> CellTable:
        """The nucleated cells of a field near points that a search at low power gave (`pipeline.search`)."""
        return nucleated_cells_at(slide, place, points, mpp, self.models, schema, grounds)


KIND = FinderKind(
    "film",
    "Every cell by its outline: red-cell shapes and nucleated cells",
    ("segmentation", "kind", "red-cell-shape", "nucleated-cell"),
    FilmFinder,
    optional=("nucleus-mask", "nucleated-cell-finder", "nucleated-cell-elsewhere"),
    named=("red-cell-shape", "nucleated-cell", "nucleated-cell-elsewhere"),
    scored=("nucleated-cell",),
    exactly={"kind": KINDS},
)
