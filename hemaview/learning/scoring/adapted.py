"""What a laboratory's own few cells are worth (`adapted`): a last layer learned from up to LABELS of them, scored on others.

Halves are parted by day or sample where a class stands in at least two of them, cell by cell elsewhere; what is learned is
thrown away. This is the only use of an external set's labels.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hemaview.inference import Classifier, load_as
from hemaview.inference.filmstatistics import statistics_of
from hemaview.inference.models import net_of
from hemaview.learning.engine.head import Head, learn_head, merged
from hemaview.learning.metrics.score import Score, macro_f1
from hemaview.learning.scoring.strangers import SETS, crops_of
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.methods.efficientnet import EfficientNet

TASK = "adapted"
LABELS = {"rv-pbs": 100, "chula-wbc": 70}
DRAWS = 5
GROUPS = {"segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil", "lymphocyte_variant": "lymphocyte"}


def adapted(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """`macro_f1` before and after, the mean of DRAWS draws with the lowest and highest."""
    model = load_as(Classifier, name)
    lines = data.rows(root, dataset, split)
    labels = np.array([line["class"] for line in lines])
    days = np.array([line.get("patient", "") for line in lines])
    crops = crops_of(model, [data.image(root, dataset, split, line["file"]) for line in lines], SETS[dataset])
    features, shipped = features_of(name, crops)
    names = tuple(sorted(set(labels)))
    groups = GROUPS if "neutrophil" in names else {"lymphocyte_variant": "lymphocyte"}
    start = merged(shipped, model.info.classes, groups, names)
    truth = np.array([names.index(v) for v in labels])
    before, after = [], []
    for draw in range(DRAWS):
        rng = np.random.default_rng(100 + draw)
        first = half(truth, days, rng)
        taught = within_class(truth, np.flatnonzero(first), LABELS[dataset], rng)
        rest = ~first
        head = learn_head(start, features[taught], truth[taught])
        before.append(macro_f1(truth[rest], start.logits(features[rest]).argmax(axis=1)))
        after.append(macro_f1(truth[rest], head.logits(features[rest]).argmax(axis=1)))
    n = len(labels)
    after_row, before_row = (
        Score.rounded(name, TASK, dataset, split, n, metric, float(np.mean(of)), min(of), max(of))
        for metric, of in (("macro_f1", after), ("macro_f1_before", before))
    )
    return [replace(after_row, n_labels=LABELS[dataset]), before_row]


def features_of(name: str, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], Head]:
    """(features float32 (n, 1280) of cells as shown, by the net made fit for them together; its last layer)."""
    net = net_of(cards()[name])
    assert isinstance(net, EfficientNet)
    statistics = statistics_of(name, crops[:: max(1, len(crops) // 256)]) or {}
    net.load_state_dict({**net.state_dict(), **statistics})
    shown = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        features = torch.cat([net.features(part.float()) for part in shown.split(64)])
    weight, bias = net._fc.weight.detach().numpy(), net._fc.bias.detach().numpy()
    return features.numpy().copy(), Head(np.asarray(weight, np.float32), np.asarray(bias, np.float32))


def half(truth: NDArray[np.int64], days: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """bool (n,): one half of the cells; whole days where each of a day's classes stands in another day too."""
    first = np.zeros(len(truth), bool)
    for c in np.unique(truth):
        own = np.flatnonzero(truth == c)
        of_class = rng.permutation(np.unique(days[own]))
        if len(of_class) < 2:
            first[rng.permutation(own)[: len(own) // 2]] = True
            continue
        taken = 0
        for day in of_class[:-1]:
            rows = own[days[own] == day]
            first[rows] = True
            taken += len(rows)
            if taken >= len(own) / 2:
                break
    return first


def within_class(
    truth: NDArray[np.int64], rows: NDArray[np.int64], most: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Up to `most` of the rows, of each class as many as of any other as far as there are."""
    classes = np.unique(truth[rows])
    return np.concatenate([rng.permutation(rows[truth[rows] == c])[: most // len(classes)] for c in classes])
