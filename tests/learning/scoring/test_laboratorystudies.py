"""Laboratories left out one by one: what is scored, and how it is listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import NUCLEATED
from hemaview.learning.scoring.laboratorystudies import (
    LABORATORIES,
    LAYERS,
    WAYS,
    logits_of,
    other_laboratories,
    rows_of,
    shared_f1,
)
from hemaview.learning.sets.data import DataError
from hemaview.methods.efficientnet import EfficientNetLite0


def sure(*names: str) -> np.ndarray:
    return np.array([[1.0 if c == name else 0.0 for c in NUCLEATED] for name in names], np.float32)


def test_classes_that_laboratories_part_differently_count_as_one() -> None:
    p = sure("band_neutrophil", "myelocyte", "lymphocyte_variant")
    assert shared_f1(p, ["segmented_neutrophil", "promyelocyte", "lymphocyte"]) == 1


def test_a_call_outside_the_shared_classes_is_an_error_and_labels_outside_them_are_not_scored() -> None:
    p = sure("blast", "monocyte", "monocyte")
    assert shared_f1(p, ["monocyte", "monocyte", "blast"]) == pytest.approx(2 / 3)


def test_rows_stand_in_the_order_of_the_ways_with_the_mean_first() -> None:
    scores = {
        (way.name, layers): {lab.name: 0.1 * i + 0.01 * layers for i, lab in enumerate(LABORATORIES)}
        for way in reversed(WAYS)
        for layers in reversed(LAYERS)
    }
    rows = rows_of(scores)
    assert [row["variant"].partition(";")[0] for row in rows] == [way.name for way in WAYS for _ in LAYERS]
    assert list(rows[0]) == ["variant", "mean", "raabin_wbc", "jhu_aml", "pbc"] and rows[0]["mean"] == pytest.approx(
        0.1
    )


def test_the_net_is_made_fit_for_the_cells_and_stays_as_it_was() -> None:
    rng = np.random.default_rng(2)
    net = EfficientNetLite0(len(NUCLEATED))
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    net(torch.from_numpy(rng.integers(0, 256, (8, 3, 64, 64), np.uint8)))  # statistics of a film unlike the crops
    crops = rng.integers(0, 100, (6, 64, 64, 3), np.uint8)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    plain, fit = logits_of(net, crops, 0), logits_of(net, crops, 10)
    assert plain.shape == fit.shape == (6, len(NUCLEATED)) and np.abs(plain - fit).max() > 1e-3
    assert all((net.state_dict()[k] == v).all() for k, v in before.items())


def test_a_laboratory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="raabin-wbc/train is not in"):
        other_laboratories(Experiment(tmp_path), tmp_path / "out", 1, lambda text: None)
