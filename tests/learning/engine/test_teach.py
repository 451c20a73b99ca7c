from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hemaview.learning.engine import teach as engine
from hemaview.learning.engine.teach import Film, before_normalisation, logits_of, teach
from hemaview.learning.scoring.adapted import half, within_class

RED, BLUE, OTHER = 0, 1, 2


def net() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
    ).eval()  # fmt: skip


def film(n: int, seed: int) -> Film:
    """Reddish cells and bluish ones; none of the third class."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    images = rng.integers(90, 130, (n, 16, 16, 3)).astype(np.uint8)
    images[truth == RED, :, :, 0] += 90
    images[truth == BLUE, :, :, 2] += 90
    return Film(images, np.eye(3, dtype=bool)[truth], {})


def right(of: nn.Module, tensors: dict[str, torch.Tensor], cells: Film) -> float:
    logits = logits_of(of, tensors, cells.images)
    return float((logits[:, :2].argmax(axis=1) == cells.allowed.argmax(axis=1)).mean())


def test_a_few_cells_teach_a_net_and_its_first_layers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = net()
    with torch.no_grad():
        shipped[-1].weight.mul_(-1)  # it begins by naming them the wrong way round
        before = {k: v.clone() for k, v in shipped.state_dict().items()}
    monkeypatch.setattr(engine, "RATE", 2e-2)
    tensors = teach(shipped, [film(30, 2), film(20, 3)], layers=1)
    assert right(shipped, tensors, film(40, 9)) >= 0.9
    assert set(tensors) == {"3.weight", "3.bias", "4.weight", "4.bias", "8.weight", "8.bias"}
    assert all(torch.equal(v, before[k]) for k, v in shipped.state_dict().items()), (
        "the shipped net itself is as it was"
    )
    assert torch.allclose(tensors["8.bias"][OTHER], before["8.bias"][OTHER], atol=1e-3), (
        "nothing is learned about others"
    )


def test_what_stands_before_a_normalisation_is_named() -> None:
    assert before_normalisation(net(), 1) == {"0.weight", "0.bias", "1.weight", "1.bias"}
    assert before_normalisation(net(), 0) == frozenset()


def test_halves_keep_days_whole_and_draws_are_within_class() -> None:
    truth = np.array([0] * 20 + [1] * 20 + [2] * 10)
    days = np.array(["a", "b"] * 20 + ["c"] * 10)
    first = half(truth, days, np.random.default_rng(1))
    for c in (0, 1):
        sides = {(d, bool(f)) for d, f in zip(days[truth == c], first[truth == c], strict=True)}
        assert len(sides) == 2, "each day of a class lies on one side"
    assert first[truth == 2].sum() == 5
    rows = within_class(truth, np.flatnonzero(first), 9, np.random.default_rng(2))
    assert np.bincount(truth[rows]).tolist() == [3, 3, 3]
