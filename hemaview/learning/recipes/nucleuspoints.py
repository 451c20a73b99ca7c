"""Nuclei of marrow as points (graz-marrow): a map whose peaks are the nuclei, learned from discs around each point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hemaview.learning.engine.course import use_cores
from hemaview.learning.engine.segment import Field, train_segmentation
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import Matches, match_points
from hemaview.learning.recipes.film import Log, Training, foreground
from hemaview.learning.sets import data
from hemaview.methods.cellsplit import IGNORE
from hemaview.methods.peaks import peaks
from hemaview.methods.unet import UNet

SET = "graz-marrow"
REACH_PX = 8.0
"""A found point within this of a labelled one is that nucleus."""
DISC_PX, UNSURE_PX = 4.5, 7.0
LEAST_PEAKS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)

Points = NDArray[np.float64]


def point_fields(experiment: Experiment, split: str) -> list[tuple[NDArray[np.uint8], Points]]:
    """(picture, centres (n, 2: x, y) px) of each field."""
    centres: dict[str, list[tuple[float, float]]] = {}
    for row in data.rows(experiment, SET, split):
        centres.setdefault(row["file"], []).append((float(row["x"]), float(row["y"])))
    return [(data.image(experiment, SET, split, file), np.array(points)) for file, points in sorted(centres.items())]


def disc_target(shape: tuple[int, int], centres: Points) -> NDArray[np.uint8]:
    """1 within DISC_PX of a centre, left out of the loss up to UNSURE_PX, 0 elsewhere."""
    from scipy import ndimage

    seeds = np.ones(shape, bool)
    at = np.rint(centres).astype(int)
    seeds[at[:, 1].clip(0, shape[0] - 1), at[:, 0].clip(0, shape[1] - 1)] = False
    far = ndimage.distance_transform_edt(seeds)
    return np.where(far <= DISC_PX, 1, np.where(far <= UNSURE_PX, IGNORE, 0)).astype(np.uint8)


def train_nuclei(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """A U-Net of 16 channels on discs; scored on val by the F1 of points at the best height of peak."""
    use_cores()
    fields = [Field(rgb, disc_target(rgb.shape[:2], points), 1.0) for rgb, points in point_fields(experiment, "train")]
    validation = point_fields(experiment, "val")

    def val(net: torch.nn.Module) -> float:
        maps = [nucleus_map(net, rgb) for rgb, _ in validation]
        return max(points_f1(maps, [points for _, points in validation], least).f1 for least in LEAST_PEAKS)

    return train_segmentation(
        UNet(2, 16, 4), fields, val, out, (epochs or 5) * 100, log, side_px=192, batch=8, class_weights=(1.0, 2.0)
    )


def nucleus_map(net: torch.nn.Module, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probability float32 (H, W) that a pixel is near the centre of a nucleus."""
    return foreground(net.eval(), rgb)[1]


def points_f1(maps: list[NDArray[np.float32]], truth: list[Points], least: float) -> Matches:
    """Matches of the peaks that are at least `least` high."""
    total = Matches()
    for probability, centres in zip(maps, truth, strict=True):
        total += match_points(peaks(probability, least)[:, :2], centres, REACH_PX)[0]
    return total


def best_peak(net: torch.nn.Module, experiment: Experiment) -> dict[str, float]:
    """The height of peak that is best on val, as the card's threshold."""
    validation = point_fields(experiment, "val")
    maps = [nucleus_map(net, rgb) for rgb, _ in validation]
    scores = [points_f1(maps, [points for _, points in validation], least).f1 for least in LEAST_PEAKS]
    return {"peak": LEAST_PEAKS[int(np.argmax(scores))]}


NUCLEI_TRAININGS: tuple[Training, ...] = (
    Training(
        "nuclei-unet",
        (SET,),
        train_nuclei,
        ("ground", "nucleus"),
        0.0,
        0,
        (
            "H&E biopsies of one laboratory, 11 pictures; the scale is not stated, pictures are taken as they are.",
            "Nuclei are points: it counts them and does not outline them.",
        ),
        thresholds=best_peak,
    ),
)
