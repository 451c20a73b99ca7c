"""Scores of the tasks of the published methods: masks of single cells, elongated cells, p-net's erythroblasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier, Masker, Outliner, load, load_as
from hemaview.learning.engine.masks import confusion, mean_iou
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap, scored
from hemaview.learning.recipes.outlines import elongation_pool
from hemaview.learning.recipes.sun import SUN_NEGATIVES, patches
from hemaview.learning.scoring.fieldtasks import hausdorff_px
from hemaview.learning.sets import data


def cell_masks(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Intersection over union of the cell in the middle, mean over pictures; all at the pictures' own size."""
    model = load_as(Masker, name, experiment.nets)
    ious = []
    for row in data.rows(experiment, dataset, split):
        predicted = model.mask(data.image(experiment, dataset, split, row["file"])) > 0
        mask = data.mask(experiment, dataset, split, str(Path(row["file"]).with_suffix(""))) > 0
        ious.append((predicted & mask).sum() / max(1, (predicted | mask).sum()))
    values = np.array(ious)
    return [_mean(name, "cell-mask", dataset, split, "iou", values)]


def cell_mask_classes(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Dice, Jaccard and Hausdorff distance (px) of each class of pixels and their mean over all classes, the background
    among them (Zhang et al., Table III), and Error III of several classes, per 100 cells.

    Dice and Jaccard are over the pixels of all pictures together: most classes are in few of them. The distance is the
    mean over the pictures where the class is drawn or found, their diagonal where it is only one of the two. A class that
    is nowhere drawn nor found has no rows. A cell is an error where at least a third of its drawn area is called another
    class of cell than most of it.
    """
    model = load(name, settings=experiment.nets)
    assert isinstance(model, Masker | Outliner)
    classes = model.info.classes if isinstance(model, Masker) else ("background", *model.info.classes)
    tables, distances, torn = [], [], []
    lines = data.rows(experiment, dataset, split)
    numbers = data.numbers([line["class"] for line in lines], classes, f"{dataset}/{split}")
    for row, number in zip(lines, numbers, strict=True):
        predicted = model.mask(data.image(experiment, dataset, split, row["file"]))
        cell = data.mask(experiment, dataset, split, str(Path(row["file"]).with_suffix(""))) > 0
        true = cell.astype(np.uint8) * np.uint8(number)
        tables.append(confusion(predicted, true, len(classes)))
        distances.append([_distance(predicted == c, true == c) for c in range(len(classes))])
        torn.append(in_several_classes(predicted[cell], len(classes)))
    each, px = np.stack(tables), np.array(distances)
    n, every = len(each), np.arange(len(each))

    def overlap(rows: NDArray[np.int64], jaccard: bool) -> NDArray[np.float64]:
        table = each[rows].sum(axis=0)
        both, either = np.diag(table).astype(float), (table.sum(axis=0) + table.sum(axis=1)).astype(float)
        either[either == 0] = np.nan
        return np.asarray(both / (either - both) if jaccard else 2 * both / either)

    of_classes: dict[str, Callable[[NDArray[np.int64]], NDArray[np.float64]]] = {
        "dice": lambda rows: overlap(rows, False),
        "jaccard": lambda rows: overlap(rows, True),
        "hausdorff": lambda rows: np.asarray(_mean_of_known(px[rows])),
    }
    measures: dict[str, Callable[[NDArray[np.int64]], float]] = {}
    for metric, function in of_classes.items():
        measures[metric] = lambda rows, f=function: float(np.nanmean(f(rows)))  # type: ignore[misc]
        for number, of in enumerate(classes):
            measures[f"{metric}_{of}"] = lambda rows, f=function, c=number: float(f(rows)[c])  # type: ignore[misc]
    measures["error_3"] = lambda rows: 100 * float(np.mean(np.array(torn)[rows]))
    return [
        Score.rounded(name, "cell-mask-classes", dataset, split, n, metric, f(every), *bootstrap(n, f))
        for metric, f in measures.items()
        if not np.isnan(f(every))
    ]


def in_several_classes(pixels: NDArray[np.uint8], classes: int) -> bool:
    """Whether at least a third of a cell's pixels (n,) are called another class of cell than most of them."""
    px_by_class = np.bincount(pixels, minlength=classes)[1:]
    return bool(px_by_class.sum() - px_by_class.max() >= len(pixels) / 3)


def majority(p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Votes of a cell's pixels for the classes of cells, (classes - 1,), of probabilities (H, W, classes), ground first;
    where no pixel is of a cell, the mean of what they say of cells."""
    best = p.argmax(axis=2)
    votes = np.bincount(best[best > 0], minlength=p.shape[2])[1:].astype(np.float32)
    if not votes.any():
        votes = p[..., 1:].mean(axis=(0, 1))
    return np.asarray(votes / votes.sum(), np.float32)


def _distance(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return hausdorff_px(predicted, true) if predicted.any() or true.any() else float("nan")


def _mean_of_known(px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over axis 0 of what is not NaN, NaN where nothing is known."""
    is_known = ~np.isnan(px)
    total = np.where(is_known, px, 0).sum(axis=0)
    return np.asarray(np.where(is_known.any(axis=0), total / np.maximum(1, is_known.sum(axis=0)), np.nan))


def elongation(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Circular, elongated or other; of a mask with classes, what most of its pixels say."""
    model = load(name, settings=experiment.nets)
    assert isinstance(model, Classifier | Outliner | Masker)
    if isinstance(model, Masker):
        rows, classes = data.rows(experiment, dataset, split), model.info.classes[1:]
        labels = data.numbers([row["class"] for row in rows], classes, f"{dataset}/{split}")
        votes = np.stack(
            [majority(model.probabilities(data.image(experiment, dataset, split, r["file"]))) for r in rows]
        )
        return scored(experiment.evidence, name, "sickle", dataset, split, votes, labels, classes)
    if isinstance(model, Classifier):
        pool = elongation_pool(experiment, split)
        p, truth = model.classify_crops(pool.images), pool.allowed.argmax(axis=1).astype(np.int64)
    else:
        lines = data.rows(experiment, dataset, split)
        p = model.classify_crops(np.stack([data.image(experiment, dataset, split, line["file"]) for line in lines]))
        truth = data.numbers([line["class"] for line in lines], model.info.classes, f"{dataset}/{split}")
    return scored(experiment.evidence, name, "sickle", dataset, split, p, truth, model.info.classes)


def white_cell_masks(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Pixel accuracy, accuracy of each class of pixels and their mean, and mean IoU over background, cytoplasm and nucleus
    (Li et al., §4)."""
    model = load_as(Masker, name, experiment.nets)
    tables = []
    for row in data.rows(experiment, dataset, split):
        predicted = model.mask(data.image(experiment, dataset, split, row["file"]))
        tables.append(
            confusion(predicted, data.mask(experiment, dataset, split, str(Path(row["file"]).with_suffix(""))), 3)
        )
    each = np.stack(tables)
    metrics: tuple[tuple[str, Callable[[NDArray[np.int64]], float]], ...] = (
        ("pixel_accuracy", lambda t: float(np.trace(t) / t.sum())),
        ("mean_accuracy", lambda t: float((np.diag(t) / np.maximum(1, t.sum(axis=1))).mean())),
        *(
            (f"accuracy_{of}", lambda t, c=number: float(t[c, c] / max(1, t[c].sum())))
            for number, of in enumerate(model.info.classes)
        ),
        ("miou", mean_iou),
    )
    rows = []
    for metric, function in metrics:
        value = function(each.sum(axis=0))
        low, high = bootstrap(len(each), lambda r, f=function: f(each[r].sum(axis=0)))  # type: ignore[misc]
        rows.append(Score.rounded(name, "nucleus-cytoplasm", dataset, split, len(each), metric, value, low, high))
    return rows


def pnet(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Erythroblasts at a probability of 0.5: against all others, and, `_of_paper`, against the paper's negatives alone."""
    model = load_as(Classifier, name, experiment.nets)
    crops = data.cell_crops(experiment, dataset, split)
    images, _ = patches(np.stack([model.as_shown(rgb) for rgb in crops.images]))
    p = model.classify_crops(images)[:, 1]
    truth = np.array(crops.fine) == "erythroblast"
    rows = []
    for of, subset in (("", np.ones(len(truth), bool)), ("_of_paper", truth | np.isin(crops.fine, SUN_NEGATIVES))):
        probability, true = p[subset], truth[subset]
        experiment.evidence.note_question((name, "nrbc" + of, dataset), probability, true)
        positive = probability >= 0.5
        measures: dict[str, Callable[[NDArray[np.int64]], float]] = {
            "sensitivity": lambda r, f=positive, t=true: float(f[r][t[r]].mean()),  # type: ignore[misc]
            "specificity": lambda r, f=positive, t=true: float((~f[r][~t[r]]).mean()),  # type: ignore[misc]
            "accuracy": lambda r, f=positive, t=true: float((f[r] == t[r]).mean()),  # type: ignore[misc]
        }
        rows += [
            Score.rounded(
                name, "nrbc", dataset, split, len(true), metric + of, f(np.arange(len(true))), *bootstrap(len(true), f)
            )
            for metric, f in measures.items()
        ]
    return rows


def _mean(name: str, task: str, dataset: str, split: str, metric: str, values: NDArray[np.float64]) -> Score:
    low, high = bootstrap(len(values), lambda r: float(values[r].mean()))
    return Score.rounded(name, task, dataset, split, len(values), metric, float(values.mean()), low, high)
