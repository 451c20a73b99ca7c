"""The blood-film protocol on labelled fields, as a job runs it: are white cells found, each once (the `white-cells` task)?"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import AS_SHIPPED, Classifier, NetSettings, Segmenter, load_as
from hemaview.inference.pictures import rescale
from hemaview.learning.engine.segment import mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, share
from hemaview.learning.scoring.fieldtasks import Rgb
from hemaview.learning.sets import data
from hemaview.pipeline.fieldcells import Models, cells_of_field
from hemaview.pipeline.plan import PlannedField

LEAST_RED = 3
"""Labelled red cells that a field's µm/px can be told from."""


def white_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Of labelled white cells that no edge cuts, the share with exactly one white or nucleated red cell in their box; and
    of such cells that were found, the share in a box. µm/px from each field's red cells."""
    models = film_models(name, experiment.nets)
    film = assay("blood_film").schema
    once: list[NDArray[np.bool_]] = []
    right: list[NDArray[np.bool_]] = []
    for file, boxes, red in fields_with_boxes(experiment, dataset, split):
        rgb = data.image(experiment, dataset, split, file)
        h, w = rgb.shape[:2]
        cells = cells_of_field(as_slide(rgb), whole_field(0, 0, 0, w, h), mpp_of_boxes(red), models, film)
        white = film.rows_of_kind(cells.cls, "nucleated")
        inside = in_boxes(boxes, cells)
        whole = np.flatnonzero((boxes[:, :2].min(axis=1) > 2) & (boxes[:, 2] < w - 2) & (boxes[:, 3] < h - 2))
        once.append((inside[whole] & white).sum(axis=1) == 1)
        right.append(np.asarray(inside.any(axis=0))[white & ((cells.flags & CUT) == 0)])
    if not sum(map(len, once)) or not sum(map(len, right)):
        raise data.DataError(f"{dataset}/{split} labels no white cell that could be looked for.")
    return [
        share(name, "white-cells", dataset, split, metric, of)
        for metric, of in (("whole_and_single", once), ("precision", right))
    ]


def in_boxes(boxes: NDArray[np.float32], cells: CellTable) -> NDArray[np.bool_]:
    """bool (boxes, cells): whose centre lies in which box (n, 4: x0, y0, x1, y1)."""
    x, y = np.asarray(cells.x, np.float32)[None], np.asarray(cells.y, np.float32)[None]
    x0, y0, x1, y1 = boxes.T[:, :, None]
    return np.asarray((x > x0) & (x < x1) & (y > y0) & (y < y1))


def film_models(segmentation: str, nets: NetSettings = AS_SHIPPED) -> Models:
    """The blood film's models, its red-cell shapes by the smaller one: no white cell depends on them."""
    nucleated = load_as(Classifier, "nucleated-cell-net", nets)
    return Models(
        load_as(Segmenter, segmentation, nets),
        load_as(Classifier, "cell-kind-net", nets),
        load_as(Classifier, "red-cell-shape-net", nets),
        nucleated,
        nucleated.thresholds,
    )


def as_slide(rgb: Rgb) -> Any:
    """A picture in the place of a slide, for the pipeline's fields."""
    return _Picture(rgb)


def whole_field(index: int, x: int, y: int, w: int, h: int) -> PlannedField:
    """A field that is counted, px."""
    return PlannedField(index, x, y, w, h, 1.0, 1.0, 1.0, 1.0, True)


class _Picture:
    """Mirrored outside, where a slide would go on."""

    def __init__(self, rgb: Rgb) -> None:
        self.rgb = rgb
        self.height_px, self.width_px = rgb.shape[:2]

    def read(self, x: int, y: int, level: int, w: int, h: int) -> Rgb:
        x0, y0, x1, y1 = max(0, x), max(0, y), min(self.width_px, x + w), min(self.height_px, y + h)
        outside = ((y0 - y, y + h - y1), (x0 - x, x + w - x1), (0, 0))
        return np.pad(self.rgb[y0:y1, x0:x1], outside, mode="symmetric")

    def read_scaled(self, x: float, y: float, w: float, h: float, out_w: int, out_h: int) -> Rgb:
        whole = self.read(round(x), round(y), 0, max(1, round(w)), max(1, round(h)))
        rescaled = rescale(whole, out_w / whole.shape[1])
        return (
            rescaled
            if rescaled.shape[:2] == (out_h, out_w)
            else np.asarray(cv2.resize(rescaled, (out_w, out_h)), np.uint8)
        )


def fields_with_boxes(
    experiment: Experiment, dataset: str, split: str
) -> list[tuple[str, NDArray[np.float32], list[float]]]:
    """(file, boxes of white cells (n, 4), widths of red cells) of the fields that have enough red cells."""
    white: dict[str, list[tuple[float, float, float, float]]] = {}
    red: dict[str, list[float]] = {}
    for row in data.rows(experiment, dataset, split):
        x, y, w, h = (float(row[k]) for k in "xywh")
        if row["class"] == "WBC":
            white.setdefault(row["file"], []).append((x, y, x + w, y + h))
        elif row["class"] == "RBC":
            red.setdefault(row["file"], []).append(max(w, h))
    return [
        (file, np.array(white.get(file, []), np.float32).reshape(-1, 4), sides)
        for file, sides in red.items()
        if len(sides) >= LEAST_RED
    ]
