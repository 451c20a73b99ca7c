"""Scores of the tasks of the published methods: masks of single cells, elongated cells, p-net's erythroblasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier, Masker, Outliner, load, load_as
from hemaview.learning import data
from hemaview.learning.evidence import note_question
from hemaview.learning.masks import confusion, mean_iou
from hemaview.learning.outlines import elongation_pool
from hemaview.learning.score import Score, bootstrap, scored
from hemaview.learning.sun import SUN_NEGATIVES, patches


def cell_masks(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Intersection over union of the cell in the middle, mean over pictures; all at the pictures' own size."""
    model = load_as(Masker, name)
    ious = []
    for row in data.rows(root, dataset, split):
        found = model.mask(data.image(root, dataset, split, row["file"])) == 1
        drawn = data.mask(root, dataset, split, str(Path(row["file"]).with_suffix(""))) > 0
        ious.append((found & drawn).sum() / max(1, (found | drawn).sum()))
    values = np.array(ious)
    return [_mean(name, "cell-mask", dataset, split, "iou", values)]


def elongation(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Circular, elongated or other."""
    model = load(name)
    assert isinstance(model, Classifier | Outliner)
    if isinstance(model, Classifier):
        pool = elongation_pool(root, split)
        p, truth = model.classify_crops(pool.images), pool.allowed.argmax(axis=1).astype(np.int64)
    else:
        lines = data.rows(root, dataset, split)
        p = model.classify_crops(np.stack([data.image(root, dataset, split, line["file"]) for line in lines]))
        truth = np.array([model.info.classes.index(line["class"]) for line in lines])
    return scored(name, "sickle", dataset, split, p, truth, model.info.classes)


def white_cell_masks(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Pixel accuracy, mean class accuracy and mean IoU over background, cytoplasm and nucleus (Li et al., §4)."""
    model = load_as(Masker, name)
    tables = []
    for row in data.rows(root, dataset, split):
        found = model.mask(data.image(root, dataset, split, row["file"]))
        tables.append(confusion(found, data.mask(root, dataset, split, str(Path(row["file"]).with_suffix(""))), 3))
    each = np.stack(tables)
    metrics: tuple[tuple[str, Callable[[NDArray[np.int64]], float]], ...] = (
        ("pixel_accuracy", lambda t: float(np.trace(t) / t.sum())),
        ("mean_accuracy", lambda t: float((np.diag(t) / np.maximum(1, t.sum(axis=1))).mean())),
        ("miou", mean_iou),
    )
    rows = []
    for metric, function in metrics:
        value = function(each.sum(axis=0))
        low, high = bootstrap(len(each), lambda r, f=function: f(each[r].sum(axis=0)))  # type: ignore[misc]
        rows.append(Score.rounded(name, "nucleus-cytoplasm", dataset, split, len(each), metric, value, low, high))
    return rows


def pnet(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Erythroblasts against all others at a probability of 0.5, and against the paper's negatives alone (accuracy)."""
    model = load_as(Classifier, name)
    crops = data.cell_crops(root, dataset, split)
    images, _ = patches(crops.images)
    p = model.classify_crops(images)[:, 1]
    truth = np.array(crops.fine) == "erythroblast"
    note_question((name, "nrbc", dataset), p, truth)
    found = p >= 0.5
    rows = []
    measures: dict[str, Callable[[NDArray[np.int64]], float]] = {
        "sensitivity": lambda r: float(found[r][truth[r]].mean()),
        "specificity": lambda r: float((~found[r][~truth[r]]).mean()),
    }
    for metric, function in measures.items():
        low, high = bootstrap(len(truth), function)
        value = function(np.arange(len(truth)))
        rows.append(Score.rounded(name, "nrbc", dataset, split, len(truth), metric, value, low, high))
    kept = np.flatnonzero(truth | np.isin(np.array(crops.fine), SUN_NEGATIVES))
    right = (found == truth)[kept].astype(float)
    rows.append(_mean(name, "nrbc", dataset, split, "accuracy", right))
    return rows


def _mean(name: str, task: str, dataset: str, split: str, metric: str, values: NDArray[np.float64]) -> Score:
    low, high = bootstrap(len(values), lambda r: float(values[r].mean()))
    return Score.rounded(name, task, dataset, split, len(values), metric, float(values.mean()), low, high)
