from __future__ import annotations

import numpy as np

from hemaview.learning.publish.conformal import MISSES, MOST_SILENT, Answers, least_probabilities

CLASSES = ("a", "b", "c")


def draw_answers(n: int, skill: float, seed: int) -> Answers:
    """Cells of three classes and what a net of that skill makes of them."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    logits = rng.normal(0, 1, (n, 3)) + skill * np.eye(3)[truth]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Answers(p.astype(np.float32), np.eye(3, dtype=bool)[truth])


def alone_and_wrong(answers: Answers, least: dict[str, float]) -> tuple[float, float]:
    sets = answers.p >= np.array([least[c] for c in CLASSES])
    alone = sets.sum(axis=1) == 1
    return float(alone.mean()), float((alone & ~(sets & answers.allowed).any(axis=1)).sum() / max(1, alone.sum()))


def test_cells_named_alone_are_wrong_no_oftener_than_asked_also_on_cells_not_calibrated_on() -> None:
    least = least_probabilities(draw_answers(4000, 3.0, 1), CLASSES)
    share, wrong = alone_and_wrong(draw_answers(4000, 3.0, 2), least)
    assert share > 0.3 and wrong < 1.5 * MOST_SILENT


def test_a_net_that_knows_less_names_fewer_alone() -> None:
    sure, unsure = (
        alone_and_wrong(draw_answers(3000, s, 3), least_probabilities(draw_answers(3000, s, 4), CLASSES))
        for s in (4.0, 1.5)
    )
    assert unsure[0] < sure[0]


def test_classes_with_few_cells_take_the_shares_of_all() -> None:
    answers = draw_answers(900, 3.0, 5)
    rare = answers.allowed[:, 2].nonzero()[0][10:]
    keep = np.setdiff1d(np.arange(900), rare)
    least = least_probabilities(Answers(answers.p[keep], answers.allowed[keep]), CLASSES)
    assert set(least) == set(CLASSES) and least["c"] > 0 and min(MISSES) > 0
