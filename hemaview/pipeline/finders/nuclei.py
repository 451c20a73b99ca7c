"""Nucleated red cells: nuclei found without learning, then p-net (Sun et al.)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import Classifier, Model, Pointer
from hemaview.inference.pictures import rescale
from hemaview.methods.cellkind import KINDS
from hemaview.methods.nucleusthreshold import joined_lobes, nuclei, patch
from hemaview.pipeline.fieldpicture import FieldPicture, picture_of
from hemaview.pipeline.finders.common import FinderKind, Thresholds, devices, fitting, summing, thresholds_of
from hemaview.pipeline.measures import Measured, measure
from hemaview.pipeline.naming import classes_of
from hemaview.pipeline.pieces import LOBES_APART_UM
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide

NUCLEI_MPP = 0.2
"""Scale at which the sizes of Sun et al.'s extraction hold: that of the cells p-net learned from."""
NUCLEUS_UM = 5.0
"""Width of the disc that stands for a nucleus that was pointed at and not drawn."""
LEAST_NUCLEATED = 0.2
"""Probability of a nucleated cell, by the kind net, below which a nucleus is not shown to p-net."""


class NucleusFinder:
    """Nuclei without learning, then p-net: erythroblast or another nucleated cell (Sun et al.).

    p-net learned from white cells alone: what the kind net, where there is one, takes for no nucleated cell is kept from it.
    """

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.nrbc = fitting(models, "nrbc", Classifier)
        self.kind = fitting(models, "kind", Classifier) if "kind" in models else None
        self.pointer = fitting(models, "nuclei", Pointer) if "nuclei" in models else None
        self.thresholds: Thresholds = {"nrbc": thresholds_of(self.nrbc, thresholds.get("nrbc"))}
        self.device = devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        factor = picture.mpp / NUCLEI_MPP
        small = rescale(picture.shown_to(self.nrbc), factor)
        labels = joined_lobes(nuclei(small), LOBES_APART_UM / NUCLEI_MPP)
        if self.pointer is not None:
            labels = _pointed(labels, self.pointer.points(rescale(picture.rgb, factor))[:, :2])
        full = cv2.resize(labels.astype(np.float32), picture.rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        measured = measure(np.asarray(full, np.int32), picture.rgb)
        nucleated = self._nucleated(picture, measured)
        # On a film the threshold also takes red cells; they are not what this protocol is asked about.
        rows = np.flatnonzero(~(nucleated < LEAST_NUCLEATED))
        measured, nucleated = measured.take(rows), nucleated[rows]
        p = np.zeros((len(measured), len(schema)), np.float32)
        if len(measured):
            boxes = np.rint(measured.boxes * factor).astype(int)
            crops = np.stack([patch(small, (int(x), int(y), int(w), int(h))) for x, y, w, h in boxes])
            erythroblast = self.nrbc.classify_crops(crops)[:, self.nrbc.info.classes.index("erythroblast")]
            p[:, schema.index("erythroblast")] = nucleated * erythroblast
            p[:, schema.index("nucleated_cell")] = nucleated * (1 - erythroblast)
            p[:, schema.index("artefact")] = 1 - nucleated
        p = summing(p)
        return picture.table(measured, p, classes_of(p, self.thresholds["nrbc"], schema), schema)

    def _nucleated(self, picture: FieldPicture, measured: Measured) -> NDArray[np.float32]:
        """float32 (n,): how surely each is a nucleated cell; 1 where no model is asked, as in a cell block."""
        if self.kind is None:
            return np.ones(len(measured), np.float32)
        return picture.classes(self.kind, measured.centres)[:, KINDS.index("nucleated")]


def _pointed(labels: NDArray[np.int32], points: NDArray[np.float64]) -> NDArray[np.int32]:
    """The nuclei int32 (H, W) that a point (n, 2: x, y px) lies in, and a disc at each other point: a net sees nuclei that the
    threshold takes for ground, or for one, and none in dirt."""
    h, w = labels.shape
    at = np.rint(points).astype(int).clip(0, (w - 1, h - 1))
    label_at = labels[at[:, 1], at[:, 0]] if len(at) else np.zeros(0, np.int32)
    out = np.where(np.isin(labels, label_at[label_at > 0]), labels, 0).astype(np.int32)
    number = int(labels.max())
    radius = round(NUCLEUS_UM / 2 / NUCLEI_MPP)
    for x, y in at[label_at == 0].tolist():
        number += 1
        disc = np.zeros((h, w), np.uint8)
        cv2.circle(disc, (x, y), radius, 1, cv2.FILLED)
        out[(disc > 0) & (out == 0)] = number
    return out


KIND = FinderKind(
    "nuclei",
    "Nuclei, then erythroblast or another nucleated cell",
    ("nrbc",),
    NucleusFinder,
    optional=("kind", "nuclei"),
    scored=("nrbc",),
    exactly={"kind": KINDS},
    needed={"nrbc": ("erythroblast",)},
)
