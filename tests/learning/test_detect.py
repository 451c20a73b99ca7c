"""Training of the detectors: how the rate falls, and what one cascade takes over from another."""

from __future__ import annotations

import pytest
import torch

from hemaview.learning.detect import DetectorRecipe, rate_at
from hemaview.methods.cascade import Cascade


def test_the_data_oriented_rate_falls_by_a_tenth_every_ten_steps_a_scene() -> None:
    recipe = DetectorRecipe(steps=10_000, rate=1e-3, data_oriented=True)
    assert rate_at(0, recipe, 100) == pytest.approx(1e-3 / 50)  # warming up
    assert rate_at(999, recipe, 100) == pytest.approx(1e-3)
    assert rate_at(1000, recipe, 100) == pytest.approx(0.9e-3)
    assert rate_at(3500, recipe, 100) == pytest.approx(0.729e-3)
    # More scenes, later falls: that is what "data-oriented" means.
    assert rate_at(3500, recipe, 400) == pytest.approx(1e-3)


def test_without_it_the_rate_ends_near_nothing() -> None:
    recipe = DetectorRecipe(steps=1000, rate=1e-3)
    assert rate_at(999, recipe, 100) == pytest.approx(0.02e-3)


def test_a_cascade_of_other_classes_takes_over_what_finds_boxes() -> None:
    torch.manual_seed(1)
    blood, marrow = Cascade(3, soft=False, width=16), Cascade(11, soft=True, width=16)
    before = {k: v.clone() for k, v in marrow.state_dict().items()}
    taken = marrow.start_from(blood.state_dict())
    after = marrow.state_dict()
    same = [k for k, v in blood.state_dict().items() if k in after and torch.equal(v, after[k]) and v.ndim > 1]
    assert taken and any("rpn_head" in k for k in same) and any("neck" in k for k in same)
    trunk = [k for k in before if ".backbone." in k]
    assert trunk and all(torch.equal(before[k], after[k]) for k in trunk)
    assert not any("fc_cls" in k for k in same)
