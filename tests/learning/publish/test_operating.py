"""Operating points: how sure a shape must be to be called, and what recall costs; a job prints the latter."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hemaview.assays import assay
from hemaview.inference import load
from hemaview.learning.publish.operating import RECALLS, least_for, least_for_all, points_of
from hemaview.methods.card import cards
from hemaview.pipeline.naming import classes_of, held_back
from hemaview.pipeline.plan import PipelineError, RunRequest
from hemaview.pipeline.run import at_recall
from tests.schemas import BLOOD_FILM


def test_the_least_probability_keeps_the_share_of_calls() -> None:
    p = np.stack([np.linspace(0, 1, 1001), 1 - np.linspace(0, 1, 1001)], axis=1).astype(np.float32)
    least = least_for(p, 0, 0.1)
    assert least == pytest.approx(0.91, abs=0.011)
    assert (p[:, 0] >= least).mean() <= 0.1
    assert least_for(p, 0, 0.6) == 0.0


def test_recall_is_kept_at_each_point_and_more_of_it_costs_more() -> None:
    rng = np.random.default_rng(4)
    true = rng.random(4000) < 0.2
    p = np.where(true, rng.beta(5, 2, 4000), rng.beta(2, 5, 4000)).astype(np.float32)
    points = points_of(p, true)
    assert [point["recall"] for point in points] == list(RECALLS)
    for point in points:
        assert (p[true] >= point["threshold"]).mean() >= point["recall"]
    costs = [point["false_per_100"] for point in points]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_what_is_held_back_is_the_next_likely_class() -> None:
    p = np.zeros((2, len(BLOOD_FILM)), np.float32)
    torn, normal = BLOOD_FILM.index("schistocyte"), BLOOD_FILM.index("normal")
    p[:, torn], p[:, normal] = (0.6, 0.95), (0.4, 0.05)
    assert classes_of(p, {}, BLOOD_FILM, {"schistocyte": 0.9}).tolist() == [normal, torn]
    assert classes_of(p, {}, BLOOD_FILM).tolist() == [torn, torn]
    p[0, torn], p[0, normal] = 0.88, 0.06
    unsure = BLOOD_FILM.index("uncategorised")
    assert classes_of(p, {}, BLOOD_FILM, {"schistocyte": 0.9}).tolist() == [unsure, torn], (
        "no unlikely shape in its place"
    )


def request(**settings: float) -> RunRequest:
    nrbc = assay("fetal_nrbc")
    return RunRequest(Path(), Path(), "cell-block-nrbc", nrbc, nrbc.schema, "nuclei", settings, {}, {}, 0.25, [])


def test_a_recall_takes_the_models_point_and_prints_what_it_costs() -> None:
    models = {"nrbc": load("sun-pnet")}
    order, notes = at_recall(request(recall=0.96), models)
    point = next(p for p in cards()["sun-pnet"].operating_points if p["recall"] >= 0.96)
    assert order.thresholds == {"nrbc": point["threshold"]}
    assert f"{point['false_per_100']:g} of 100 other nucleated cells" in notes[0]
    assert at_recall(request(), models) == (request(), [])


def test_a_recall_that_no_card_knows_or_beside_a_threshold_is_refused() -> None:
    with pytest.raises(PipelineError, match="no card of its models"):
        at_recall(request(recall=0.9), {"nrbc": load("nucleated-cell-net")})
    both = dataclasses.replace(request(recall=0.9), thresholds={"nrbc": 0.4})
    with pytest.raises(PipelineError, match="both a recall and a threshold"):
        at_recall(both, {"nrbc": load("sun-pnet")})


def test_a_shape_that_gets_what_another_is_denied_is_held_to_its_share_too() -> None:
    rng = np.random.default_rng(3)
    p = rng.dirichlet((6.0, 3.0, 1.5), 4000).astype(np.float32)
    assert (p.argmax(axis=1) == 1).mean() < 0.2
    least = least_for_all(p, {0: 0.3, 1: 0.2})
    shares = np.bincount(held_back(p, least).argmax(axis=1), minlength=3) / len(p)
    assert shares[0] <= 0.3 and shares[1] <= 0.2 and set(least) == {0, 1}
    assert least_for_all(p, {0: 0.99, 1: 0.99}) == {}
