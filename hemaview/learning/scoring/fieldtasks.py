"""Scores over whole fields: cells as masks, nuclei as points, plasma cells, boxes, and cells that patches cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import find_boundaries

from hemaview.inference import Detector, Masker, Pointer, Segmenter, load_as
from hemaview.inference.pictures import rescale
from hemaview.learning.engine.segment import mask_parts, mpp_of, rescale_labels
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import CellErrors, Matches, cell_errors, dice, match_masks, match_points
from hemaview.learning.metrics.score import Score, bootstrap, kappa, mean_accuracy, mean_recall
from hemaview.learning.recipes.nucleuspoints import REACH_PX, point_fields
from hemaview.learning.recipes.wang import LEAST_SCORE, TEST_SCENES, recognised
from hemaview.learning.recipes.zhang import LEAST_UM2, MPP
from hemaview.learning.sets import data, marrowscenes
from hemaview.learning.sets.boxes import DETECTION_CLASSES, average_precision, hits, scenes
from hemaview.methods.cellsplit import parts
from hemaview.methods.nucleusthreshold import nuclei, without_debris
from hemaview.methods.regiongrowing import region_growing

Rgb = NDArray[np.uint8]


def red_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Dice, Jaccard and Hausdorff distance (px) of cell against ground, mean over fields; F1 of cells at IoU 0.5 and
    errors I, II, III per 100 cells over all fields.

    The set tells no scale: the typical cell of each picture is taken as 7.2 µm wide, as a job does. Parts below 4 µm²
    are platelets and dirt, which the set does not mark.
    """
    segment = _region_growing if name == "region-growing" else load_as(Segmenter, name, experiment.nets).segment
    pixel: list[tuple[float, float, float]] = []
    matches: list[Matches] = []
    errors: list[CellErrors] = []
    for file in data.files(experiment, dataset, split):
        rgb = data.image(experiment, dataset, split, file)
        true = mask_parts(data.mask(experiment, dataset, split, Path(file).stem))
        mpp = mpp_of(true)
        predicted = without_debris(segment(rgb, mpp), LEAST_UM2 / mpp**2)
        overlap = dice(predicted > 0, true > 0)
        pixel.append((overlap, overlap / (2 - overlap), hausdorff_px(predicted > 0, true > 0)))
        matches.append(match_masks(predicted, true))
        errors.append(cell_errors(predicted, true))
    each = np.array(pixel)
    rows = [
        _over_fields(name, "rbc-segmentation", dataset, split, len(each), metric, _column_mean(each, column))
        for column, metric in enumerate(("dice", "jaccard", "hausdorff"))
    ]
    rows.append(
        _over_fields(
            name, "rbc-segmentation", dataset, split, len(each), "cell_f1_50", lambda r: _sum(matches, r, Matches()).f1
        )
    )
    for metric, kind in (("error_1", "merged"), ("error_2", "artefacts"), ("error_3", "incomplete")):
        rows.append(
            _over_fields(
                name, "rbc-segmentation", dataset, split, len(each), metric,
                lambda r, k=kind: _sum(errors, r, CellErrors()).per_100(k),  # type: ignore[misc]
            )
        )  # fmt: skip
    return rows


def hausdorff_px(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Hausdorff distance between the edges of two masks, px; the diagonal where one of them is empty."""
    if not predicted.any() or not true.any():
        return float(np.hypot(*predicted.shape)) if predicted.any() != true.any() else 0.0
    edges = [find_boundaries(m, mode="inner") for m in (predicted, true)]
    edges = [e if e.any() else m for e, m in zip(edges, (predicted, true), strict=True)]
    return float(max(ndimage.distance_transform_edt(~b)[a].max() for a, b in (edges, edges[::-1])))


def nuclei_points(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """F1 of nuclei as points within 8 px, over all fields."""
    matches = []
    for rgb, true in point_fields(experiment, split):
        if name == "sun-nuclei":
            labels = nuclei(rgb)
            centres = np.array(ndimage.center_of_mass(labels > 0, labels, np.arange(1, labels.max() + 1))).reshape(
                -1, 2
            )
            points = centres[:, ::-1]
        else:
            points = load_as(Pointer, name, experiment.nets).points(rgb)[:, :2]
        matches.append(match_points(points, true, REACH_PX)[0])
    return [
        _over_fields(name, "nuclei", dataset, split, len(matches), "point_f1", lambda r: _sum(matches, r, Matches()).f1)
    ]


def plasma_masks(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Dice and IoU of plasma cells against all else, over all pixels of the set."""
    model = load_as(Masker, name, experiment.nets)
    counts = []
    for file in data.files(experiment, dataset, split):
        predicted = model.mask(data.image(experiment, dataset, split, file)) == 1
        true = data.mask(experiment, dataset, split, Path(file).stem) > 0
        counts.append((float((predicted & true).sum()), float(predicted.sum()), float(true.sum())))
    each = np.array(counts)

    def overlap(rows: NDArray[np.int64]) -> float:
        both, predicted, true = each[rows].sum(axis=0)
        return float(2 * both / max(1.0, predicted + true))

    return [
        _over_fields(name, "plasma-mask", dataset, split, len(each), "dice", overlap),
        _over_fields(name, "plasma-mask", dataset, split, len(each), "iou", lambda r: overlap(r) / (2 - overlap(r))),
    ]


def detection(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Mean average precision at IoU 0.5 over white cells, red cells and platelets."""
    model = load_as(Detector, name, experiment.nets)
    predicted, truth = [], scenes(experiment, dataset, split, DETECTION_CLASSES)
    for scene in truth:
        predicted.append(model.detect(scene.rgb))
    each = [
        [hits(f, t, c) for f, t in zip(predicted, truth, strict=True)]
        for c in range(len(DETECTION_CLASSES))
        if any((t.labels == c).any() for t in truth)
    ]

    def mean(rows: NDArray[np.int64]) -> float:
        return float(np.nanmean([average_precision([own[int(i)] for i in rows]) for own in each]))

    return [_over_fields(name, "detection", dataset, split, len(truth), "map50", mean)]


def marrow_differential(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Recall and accuracy one against the rest, mean over classes (equations 17 and 18), and Cohen's kappa, of labelled
    cells of composed marrow; a cell that is not found is given to no class. Then the seconds that detection takes for 500
    cells (§4.4), over scenes, on the machine at hand."""
    model = load_as(Detector, name, experiment.nets)
    truth = marrowscenes.scenes(experiment, split, TEST_SCENES, 3)
    predicted, seconds = [], []
    for scene in truth:
        began = time.monotonic()
        predicted.append(model.at_scale(scene.rgb))
        seconds.append(time.monotonic() - began)
    true, answers = recognised(predicted, truth, len(model.info.classes))
    classes = (*model.info.classes, "not found")
    experiment.evidence.note_answers(
        (name, "marrow-differential", dataset), np.eye(len(classes), dtype=np.float32)[answers], true, classes
    )
    measures = {"mean_recall": mean_recall, "mean_accuracy": mean_accuracy, "kappa": kappa}
    rows = []
    for metric, function in measures.items():
        low, high = bootstrap(len(true), lambda r, f=function: f(true[r], answers[r]))  # type: ignore[misc]
        value = function(true, answers)
        rows.append(Score.rounded(name, "marrow-differential", dataset, split, len(true), metric, value, low, high))
    each, cells = np.array(seconds), np.array([int((boxes.scores >= LEAST_SCORE).sum()) for boxes in predicted])
    return [
        *rows,
        _over_fields(
            name, "marrow-differential", dataset, split, len(each), "seconds_per_500_cells",
            lambda r: float(500 * each[r].sum() / max(1, cells[r].sum())),
        ),
    ]  # fmt: skip


def _region_growing(rgb: Rgb, mpp: float) -> NDArray[np.int32]:
    small = rescale(rgb, mpp / MPP)
    grown = region_growing(small).astype(np.float32)
    return rescale_labels(parts(np.stack([1 - grown, grown]), round(LEAST_UM2 / MPP**2)), rgb.shape[:2])


def _sum(parts_: Sequence[Any], rows: NDArray[np.int64], start: Any) -> Any:
    for i in rows:
        start = start + parts_[int(i)]
    return start


def _column_mean(each: NDArray[np.float64], column: int) -> Callable[[NDArray[np.int64]], float]:
    return lambda rows: float(each[rows, column].mean())


def _over_fields(
    name: str, task: str, dataset: str, split: str, n: int, metric: str, of: Callable[[NDArray[np.int64]], float]
) -> Score:
    return Score.rounded(name, task, dataset, split, n, metric, of(np.arange(n)), *bootstrap(n, of))
