"""Scores of regions found on overviews of marrow smears, as Table 4 of Wang et al. has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Detector, load_as
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap
from hemaview.learning.sets.boxes import box_overlaps
from hemaview.learning.sets.overviews import overviews
from hemaview.pipeline.overview import regions_on

FOUND_IOU = 0.5
"""A region, or the area of a slide, is found where its IoU is greater (§4.3.4)."""


@dataclass(frozen=True)
class Counted:
    """Units, regions or slides; `+` adds them."""

    hits: int = 0
    """Found."""
    missed: int = 0
    """There and not found."""
    invented: int = 0
    """Found and not there."""
    iou: float = 0.0
    """Summed over those that are there."""

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.hits + other.hits, self.missed + other.missed, self.invented + other.invented, self.iou + other.iou
        )

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.invented)

    @property
    def accuracy(self) -> float:
        """Equation 18; of regions that are not there none is counted as rightly not found."""
        return self.hits / max(1, self.hits + self.missed + self.invented)

    @property
    def mean_iou(self) -> float:
        return self.iou / max(1, self.hits + self.missed)


def marrow_regions(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Recall, precision, accuracy and IoU, of regions (IoU > 0.5 of a region's box) and of slides (of all its boxes' area).

    `dataset` is drawn: nothing is read from the folder of the sets.
    """
    model = load_as(Detector, name, experiment.nets)
    regions, slides = [], []
    for scene in overviews(split):
        predicted = regions_on(scene.rgb, model)
        regions.append(of_regions(predicted, scene.boxes))
        slides.append(of_slide(predicted, scene.boxes, scene.rgb.shape[:2]))
    rows = []
    for prefix, parts in (("", regions), ("slide_", slides)):
        for metric in ("recall", "precision", "accuracy", "mean_iou"):
            of = _over(parts, metric)
            n = len(parts)
            value, (low, high) = of(np.arange(n)), bootstrap(n, of)
            rows.append(
                Score.rounded(
                    name, "marrow-regions", dataset, split, n, prefix + metric.removeprefix("mean_"), value, low, high
                )
            )
    return rows


def of_regions(predicted: NDArray[np.float32], true: NDArray[np.float32]) -> Counted:
    """Boxes found against the regions of one overview, each box for one region at most, the best pairs first.

    A region's IoU is that of the box nearest to it, 0 where there is none.
    """
    table = box_overlaps(true, predicted)
    best = table.max(axis=1).sum() if table.size else 0.0
    pairs = 0
    while table.size and table.max() > FOUND_IOU:
        row, column = np.unravel_index(int(table.argmax()), table.shape)
        table[row], table[:, column] = 0, 0
        pairs += 1
    return Counted(pairs, len(true) - pairs, len(predicted) - pairs, float(best))


def of_slide(predicted: NDArray[np.float32], true: NDArray[np.float32], shape: tuple[int, int]) -> Counted:
    """The area found against the area of all regions of one overview of `shape` (H, W) px: one unit."""
    if not len(true):
        return Counted(invented=int(len(predicted) > 0))
    a, b = _area(predicted, shape), _area(true, shape)
    iou = float((a & b).sum() / max(1, (a | b).sum()))
    is_hit = iou > FOUND_IOU
    return Counted(int(is_hit), int(not is_hit), int(not is_hit and len(predicted) > 0), iou)


def _area(boxes: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.bool_]:
    area = np.zeros(shape, bool)
    for x0, y0, x1, y1 in boxes.round().astype(int):
        area[max(0, y0) : y1, max(0, x0) : x1] = True
    return area


def _over(parts: list[Counted], metric: str) -> Callable[[NDArray[np.int64]], float]:
    return lambda rows: float(getattr(sum((parts[int(i)] for i in rows), Counted()), metric))
