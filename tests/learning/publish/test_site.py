from __future__ import annotations

import numpy as np
import pytest

from hemaview.cells.labelled import LabelledCells
from hemaview.learning.engine import teach as engine
from hemaview.learning.publish.conformal import Answers, least_probabilities
from hemaview.learning.publish.site import learn_site, most_telling
from hemaview.methods.card import cards


def labelled(n: int = 24) -> LabelledCells:
    rng = np.random.default_rng(4)
    classes = tuple(("lymphocyte", "monocyte", "blast")[i % 3] for i in range(n))
    slides = tuple("ab"[i // (n // 2)] for i in range(n))
    pictures = rng.integers(60, 250, (n, 112, 112, 3)).astype(np.uint8)
    return LabelledCells(
        pictures, classes, classes, slides, ("tess",) * n, ("2026-01-01T00:00:00+00:00",) * n, ("x/1",) * n
    )


def test_a_site_is_judged_on_slides_left_out_and_knows_what_it_did_not_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "FEWEST_STEPS", 1)
    monkeypatch.setattr(engine, "MOST_STEPS", 1)
    heard: list[float] = []
    card = cards()["nucleated-cell-strangers"]
    lesson = learn_site(card, labelled(), {}, lambda phase, share: heard.append(share))
    report = lesson.report
    assert (report["n_labels"], report["n_slides"], report["left_out"]) == (24, 2, "slides")
    assert report["by_class"] == {"lymphocyte": 8, "monocyte": 8, "blast": 8}
    assert "myelocyte" in report["without_labels"] and "blast" not in report["without_labels"]
    assert set(report["before"]) == set(report["after"]) and heard[-1] == 1.0
    assert [point["n_labels"] for point in report["curve"]] == [10, 10, 24]
    shipped = card.least["strange"]
    assert all(lesson.taught.least[name] <= shipped[name] for name in report["without_labels"])
    assert lesson.taught.base_sha256 == card.sha256 and "_fc.weight" in lesson.taught.tensors
    assert not any(name.startswith("_conv_stem") for name in lesson.taught.tensors)


def test_a_careful_class_is_missed_by_no_more_sets_than_is_said() -> None:
    rng = np.random.default_rng(2)
    truth = np.repeat([0, 1], 200)
    own = np.where(truth == 1, rng.uniform(0.3, 1, 400), rng.uniform(0.9, 1, 400))
    p = np.stack([np.where(truth == 0, own, 1 - own), np.where(truth == 1, own, 1 - own)], axis=1).astype(np.float32)
    answers = Answers(p, np.eye(2, dtype=bool)[truth])
    plain = least_probabilities(answers, ("lymphocyte", "blast"), (0.4,))
    careful = least_probabilities(answers, ("lymphocyte", "blast"), (0.4,), {"blast": 0.02})
    assert careful["lymphocyte"] == plain["lymphocyte"]
    assert (own[truth == 1] < careful["blast"]).mean() <= 0.02 < (own[truth == 1] < plain["blast"]).mean()


def test_the_cells_to_name_next_are_unsure_ones_unlike_each_other() -> None:
    features = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2, 3]]
    p = np.array([[0.5, 0.5], [0.5, 0.5], [0.55, 0.45], [0.6, 0.4], [0.99, 0.01], [1, 0]], np.float32)
    rows = most_telling(p, features, features[:0], count=2)
    assert {int(features[i].argmax()) for i in rows} == {0, 1}, "one of each kind of unsure cell, and no sure one"
    assert most_telling(p[:0], features[:0], features[:0]).tolist() == []
