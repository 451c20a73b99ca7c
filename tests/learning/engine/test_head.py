from __future__ import annotations

import numpy as np

from hemaview.learning.engine.head import Head, learn_head, merged
from hemaview.learning.scoring.adapted import half, within_class

RNG = np.random.default_rng(3)


def cells(n: int, turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Features of two classes that lie apart along one direction, turned by `turn`."""
    truth = RNG.integers(0, 2, n)
    x = RNG.normal(0, 0.5, (n, 8)).astype(np.float32)
    x[:, 0] += np.cos(turn) * (2 * truth - 1)
    x[:, 1] += np.sin(turn) * (2 * truth - 1)
    return x, truth


def shipped() -> Head:
    weight = np.zeros((2, 8), np.float32)
    weight[:, 0] = (-3, 3)
    return Head(weight, np.zeros(2, np.float32))


def right(head: Head, x: np.ndarray, truth: np.ndarray) -> float:
    return float((head.logits(x).argmax(axis=1) == truth).mean())


def test_a_few_cells_teach_a_laboratory_whose_cells_look_another_way() -> None:
    x, truth = cells(40, turn=1.4)
    other, known = cells(400, turn=1.4)
    learned = learn_head(shipped(), x, truth)
    assert right(shipped(), other, known) + 0.1 < right(learned, other, known) > 0.85


def test_where_the_shipped_head_is_right_a_handful_of_cells_changes_little() -> None:
    x, truth = cells(6, turn=0.0)
    other, known = cells(400, turn=0.0)
    assert right(learn_head(shipped(), x, truth), other, known) >= right(shipped(), other, known) - 0.02


def test_a_laboratorys_classes_begin_at_ours() -> None:
    own = Head(np.eye(3, 5, dtype=np.float32), np.array([1.0, 2.0, -1.0], np.float32))
    made = merged(
        own, ("segmented", "band", "blast"), {"segmented": "neutrophil", "band": "neutrophil"}, ("neutrophil", "other")
    )
    assert np.allclose(made.weight[0], [0.5, 0.5, 0, 0, 0]) and made.bias.tolist() == [1.5, -1.0]
    assert not made.weight[1].any()


def test_halves_keep_days_whole_and_draws_are_within_class() -> None:
    truth = np.array([0] * 20 + [1] * 20 + [2] * 10)
    days = np.array(["a", "b"] * 20 + ["c"] * 10)
    first = half(truth, days, np.random.default_rng(1))
    for c in (0, 1):
        taken = {(d, bool(f)) for d, f in zip(days[truth == c], first[truth == c], strict=True)}
        assert len(taken) == 2, "each day of a class lies on one side"
    assert first[truth == 2].sum() == 5
    rows = within_class(truth, np.flatnonzero(first), 9, np.random.default_rng(2))
    assert np.bincount(truth[rows]).tolist() == [3, 3, 3]
