"""Red and white cells of fields by the class of each pixel (Li et al.), as a job counts them (`cells-of-field`): against labels,
on a laboratory that the net never saw, and on fields of red cells alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CellTable
from hemaview.inference import NetSettings, load
from hemaview.learning.engine.segment import CHULA_MPP
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap, share
from hemaview.learning.scoring.filmtasks import in_boxes
from hemaview.learning.scoring.findingtasks import FIELDS_MPP
from hemaview.learning.scoring.healthytasks import cells_of, count_rows
from hemaview.learning.sets import data
from hemaview.pipeline.finders import CellFinder, finder

TASK, ASSAY = "cells-of-field", "cells_of_field"
RED_ALONE = "chula-rbc12"
"""Its fields hold red cells, platelets and hardly a white cell."""


def counted_by_pixels(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`count_rows` by the protocol that names each pixel of a field."""
    how = pixel_finder(name, experiment.nets)

    def count(rgb: NDArray[np.uint8], mpp: float) -> tuple[float, float]:
        cells = cells_of(how, rgb, mpp, ASSAY)
        return float(len(_of_kind(cells, "nucleated"))), float(len(_of_kind(cells, "red_cell")))

    return count_rows(name, dataset, experiment, split, count)


def white_by_pixels(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`white_cells_a_field`, and where white cells are boxed `white_recall`: the share of the boxes that hold the centre of a
    white cell."""
    how = pixel_finder(name, experiment.nets)
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, dataset, split):
        lines.setdefault(row["file"], []).append(row)
    hits: list[NDArray[np.bool_]] = []
    every: list[float] = []
    for file, own in lines.items():
        rgb = data.image(experiment, dataset, split, file)
        cells = cells_of(how, rgb, CHULA_MPP if dataset == RED_ALONE else FIELDS_MPP[dataset], ASSAY)
        white = _of_kind(cells, "nucleated")
        every.append(float(len(white)))
        if dataset != RED_ALONE:
            boxes = np.array([[float(r[k]) for k in "xywh"] for r in own], np.float32)
            boxes[:, 2:] += boxes[:, :2]
            hits.append(np.asarray(in_boxes(boxes, white).any(axis=1)))
    values = np.array(every)

    def mean(rows: NDArray[np.int64]) -> float:
        return float(values[rows].mean())

    n = len(values)
    low, high = bootstrap(n, mean)
    rows = [Score.rounded(name, TASK, dataset, split, n, "white_cells_a_field", mean(np.arange(n)), low, high)]
    return ([share(name, TASK, dataset, split, "white_recall", hits)] if hits else []) + rows


def pixel_finder(name: str, nets: NetSettings) -> CellFinder:
    """The finder of the shipped protocols of the assay, over the model called `name`."""
    field = assay(ASSAY)
    return finder(field.finder, {"segmentation": load(name, settings=nets)}, field.schema)


def _of_kind(cells: CellTable, kind: str) -> CellTable:
    return cells.take(np.flatnonzero(assay(ASSAY).schema.rows_of_kind(cells.cls, kind)))
