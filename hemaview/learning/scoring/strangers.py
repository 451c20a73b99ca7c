"""Nucleated cells of laboratories that no net has seen (`nucleated-cells-strangers`): named how, and silent about how much.

Each set is one laboratory: the net is made fit for its cells together, unlabelled, as for a film. A class of ours that the
laboratory does not list is wrong there; neutrophils are segmented and band together, lymphocytes also reactive ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier, load_as
from hemaview.inference.filmstatistics import STRANGE_FILMS, fit_for, statistics_of
from hemaview.inference.pictures import ground_of, rescale, squares
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap, macro_f1
from hemaview.learning.recipes.film import NUCLEATED_MPP
from hemaview.learning.sets import data
from hemaview.pipeline.unidentified import STRANGE, sets_of

TASK = "nucleated-cells-strangers"
SETS = {"rv-pbs": NUCLEATED_MPP, "raabin-wbc": NUCLEATED_MPP, "chula-wbc": NUCLEATED_MPP, "all-idb2": 0.1}
"""Set to µm/px of its pictures."""
_SAME = {"lymphocyte_variant": "lymphocyte"}
_NEUTROPHILS = {"segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil"}
BLAST = "blast"
MOST_SILENT = 0.05
"""Of the cells that are left unmarked so many may be wrong, where the ceiling of coverage is asked for."""


def strangers(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`macro_f1`, `blast_recall`, `blast_false` without abstention; `coverage`, `silent_error`, `blast_missed_silently` and
    `to_look_at_per_100` with it; `coverage_ceiling`, what coverage could be with the labels in hand."""
    model = load_as(Classifier, name, experiment.nets).calibrated_on(STRANGE_FILMS)
    lines = data.rows(experiment, dataset, split)
    labels = np.array([line["class"] for line in lines])
    crops = crops_of(model, [data.image(experiment, dataset, split, line["file"]) for line in lines], SETS[dataset])
    if (statistics := statistics_of(name, crops[:: max(1, len(crops) // 256)])) is not None:
        model = fit_for(model, statistics)
    p = model.classify_crops(crops)
    return rows_of(name, dataset, split, p, model, labels)


def crops_of(model: Classifier, pictures: list[NDArray[np.uint8]], mpp: float) -> NDArray[np.uint8]:
    """The cell in the middle of each picture as the model is shown it, uint8 (n, input_px, input_px, 3)."""
    crops = []
    for rgb in pictures:
        small = rescale(rgb, mpp / model.info.mpp)
        middle = np.array([[small.shape[1] / 2, small.shape[0] / 2]])
        crops.append(model.on_ground(squares(small, middle, model.info.input_px)[0], ground_of(rgb)))
    return np.stack(crops)


def rows_of(
    name: str, dataset: str, split: str, p: NDArray[np.float32], model: Classifier, labels: NDArray[np.str_]
) -> list[Score]:
    """The rows of one laboratory's cells with probabilities p (n, classes)."""
    classes = model.info.classes
    calls = as_listed(p, classes, labels)
    alone = (
        sets_of(p, classes, model.least[STRANGE]).sum(axis=1) == 1 if STRANGE in model.least else np.ones(len(p), bool)
    )
    blast = labels == BLAST
    names = sorted(set(labels) | set(calls))
    truth, answers = (np.array([names.index(v) for v in of]) for of in (labels, calls))

    def measure(metric: str, rows: NDArray[np.int64]) -> float:
        right, own, silent = truth[rows] == answers[rows], blast[rows], alone[rows]
        as_blast = calls[rows] == BLAST
        return {
            "macro_f1": lambda: macro_f1(truth[rows], answers[rows]),
            "blast_recall": lambda: _mean(as_blast[own]),
            "blast_false": lambda: _mean(as_blast[~own]),
            "coverage": lambda: _mean(silent),
            "coverage_ceiling": lambda: coverage_ceiling(p[rows].max(axis=1), right),
            "silent_error": lambda: _mean(~right[silent]),
            "blast_missed_silently": lambda: _mean((silent & ~as_blast)[own]),
            "to_look_at_per_100": lambda: 100 * _mean(~silent),
        }[metric]()

    metrics = ["macro_f1"] if dataset != "all-idb2" else []
    metrics += ["blast_recall", "blast_false"] if blast.any() else []
    metrics += ["coverage", "coverage_ceiling", "silent_error", "to_look_at_per_100"] + (
        ["blast_missed_silently"] if blast.any() else []
    )
    every, n = np.arange(len(labels)), len(labels)
    return [
        Score.rounded(name, TASK, dataset, split, n, metric, measure(metric, every), *_interval(n, metric, measure))
        for metric in metrics
    ]


def coverage_ceiling(of_call: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """The largest share of cells that could be left unmarked with at most MOST_SILENT of them wrong, if their labels chose from
    which probability `of_call` (n,) on; `right` (n,) says which calls are. Without them a calibration hardly does more."""
    order = np.argsort(-of_call, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(wrong <= MOST_SILENT)
    return float(kept[-1] + 1) / len(order) if len(kept) else 0.0


def _interval(n: int, metric: str, measure: Callable[[str, NDArray[np.int64]], float]) -> tuple[float, float]:
    return bootstrap(n, lambda rows: measure(metric, rows))


def as_listed(p: NDArray[np.float32], classes: tuple[str, ...], labels: NDArray[np.str_]) -> NDArray[np.str_]:
    """What each cell is called, in the words of a laboratory with these labels: the likeliest of its classes and of ours that
    it does not list. Where blasts alone are told from others, every other class is `not_blast`."""
    if set(labels) <= {BLAST, "not_blast"}:
        groups = ["blast" if c == BLAST else c for c in classes]
        best = np.array(groups)[p.argmax(axis=1)]
        return np.where(best == BLAST, BLAST, "not_blast")
    label_names = set(labels)
    merge = {**_SAME, **(_NEUTROPHILS if "neutrophil" in label_names else {})}
    groups = [merge.get(c, c) for c in classes]
    names = sorted(set(groups))
    summed = np.stack([p[:, [i for i, g in enumerate(groups) if g == n]].sum(axis=1) for n in names], axis=1)
    return np.array(names)[summed.argmax(axis=1)]


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
