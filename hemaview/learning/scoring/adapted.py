"""What a laboratory's own few cells are worth (`adapted`): a net taught by up to LABELS of them, scored on others.

Halves are parted by day or sample where a class stands in at least two of them, cell by cell elsewhere; what is learned is
thrown away. This is the only use of an external set's labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hemaview.inference import Classifier, load_as
from hemaview.inference.filmstatistics import statistics_of
from hemaview.inference.models import net_of
from hemaview.inference.pictures import softmax
from hemaview.learning.engine.everycore import on_every_core
from hemaview.learning.engine.teach import Film, logits_of, teach
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, macro_f1
from hemaview.learning.scoring.strangers import SETS, crops_of
from hemaview.learning.sets import data
from hemaview.methods.card import cards

TASK = "adapted"
LABELS = {"rv-pbs": 100, "chula-wbc": 70}
DRAWS = 5
GROUPS = {"segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil", "lymphocyte_variant": "lymphocyte"}


def adapted(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`macro_f1` before and after, the mean of DRAWS draws with the lowest and highest; `untaught_blast_recall` where the
    laboratory has blasts: by a net that was taught all its classes but those."""
    model = load_as(Classifier, name, experiment.nets)
    card = cards()[name]
    lines = data.rows(experiment, dataset, split)
    labels = np.array([line["class"] for line in lines])
    days = np.array([line.get("patient", "") for line in lines])
    crops = crops_of(model, [data.image(experiment, dataset, split, line["file"]) for line in lines], SETS[dataset])
    statistics = statistics_of(name, crops[:: max(1, len(crops) // 256)]) or {}
    net = net_of(card)
    groups = GROUPS if "neutrophil" in labels else {"lymphocyte_variant": "lymphocyte"}
    ours = [groups.get(c, c) for c in card.classes]
    allowed = np.array([[name == label for name in ours] for label in labels], bool)
    names = tuple(sorted(set(labels)))
    truth = np.array([names.index(v) for v in labels])
    belongs = np.array([[own == name for own in ours] for name in names], np.float32)
    layers = int(card.adapts.get("layers", 0))

    def calls_with(tensors: Mapping[str, Tensor]) -> NDArray[np.int64]:
        return np.asarray(
            (softmax(logits_of(net, {**statistics, **tensors}, crops)) @ belongs.T).argmax(axis=1), np.int64
        )

    def taught(rows: NDArray[np.int64]) -> dict[str, Tensor]:
        return teach(net, [Film(crops[rows], allowed[rows], statistics)], layers)

    shipped, before, after = calls_with({}), [], []
    draws = []
    for draw in range(DRAWS):
        rng = np.random.default_rng(100 + draw)
        first = half(truth, days, rng)
        draws.append((within_class(truth, np.flatnonzero(first), LABELS[dataset], rng), ~first))
    blast = labels == "blast"
    lessons = [rows for rows, _ in draws] + ([draws[0][0][~blast[draws[0][0]]]] if blast.any() else [])
    learned = on_every_core([partial(taught, rows) for rows in lessons])
    for (_, rest), tensors in zip(draws, learned, strict=False):
        before.append(macro_f1(truth[rest], shipped[rest]))
        after.append(macro_f1(truth[rest], calls_with(tensors)[rest]))
    n = len(labels)
    metrics = {"macro_f1": after, "macro_f1_before": before}
    if blast.any():
        own = draws[0][1] & blast
        metrics["untaught_blast_recall"] = [float((calls_with(learned[-1])[own] == names.index("blast")).mean())]
        metrics["untaught_blast_recall_before"] = [float((shipped[own] == names.index("blast")).mean())]
    scores = [
        Score.rounded(name, TASK, dataset, split, n, metric, float(np.mean(of)), min(of), max(of))
        for metric, of in metrics.items()
    ]
    return [replace(score, n_labels=0 if "before" in score.metric else LABELS[dataset]) for score in scores]


def half(truth: NDArray[np.int64], days: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """bool (n,): one half of the cells; whole days where each of a day's classes stands in another day too."""
    first = np.zeros(len(truth), bool)
    for c in np.unique(truth):
        own = np.flatnonzero(truth == c)
        of_class = rng.permutation(np.unique(days[own]))
        if len(of_class) < 2:
            first[rng.permutation(own)[: len(own) // 2]] = True
            continue
        n = 0
        for day in of_class[:-1]:
            rows = own[days[own] == day]
            first[rows] = True
            n += len(rows)
            if n >= len(own) / 2:
                break
    return first


def within_class(
    truth: NDArray[np.int64], rows: NDArray[np.int64], most: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Up to `most` of the rows, of each class as many as of any other as far as there are."""
    classes = np.unique(truth[rows])
    return np.concatenate([rng.permutation(rows[truth[rows] == c])[: most // len(classes)] for c in classes])
