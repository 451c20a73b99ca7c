"""A model's equations are solved as exactly as somebody asks for."""

from __future__ import annotations

import numpy as np

from hemaview.inference import Masker, NetSettings, load_as
from hemaview.methods.nodesunet import BOTTOM_TOLERANCES, OdeBlock


def test_a_larger_tolerance_asks_the_equations_less_often_and_leaves_the_model_as_it_was() -> None:
    y, x = np.mgrid[:128, :128]
    rgb = np.full((128, 128, 3), 235, np.uint8)
    rgb[np.hypot(x - 64, y - 64) < 40], rgb[np.hypot(x - 64, y - 64) < 24] = (210, 180, 215), (90, 40, 130)
    own = load_as(Masker, "li-nodes-unet")
    coarse, other = (load_as(Masker, name, NetSettings(tolerance=0.1)) for name in ("li-nodes-unet", "wbc-mask-unet"))
    evaluations = [_evaluations(model, rgb) for model in (own, coarse)]
    assert evaluations[1] < evaluations[0]
    assert (own.mask(rgb) == coarse.mask(rgb)).mean() > 0.95
    assert [b.tolerance for b in _blocks(own)] == list(BOTTOM_TOLERANCES)
    assert load_as(Masker, "li-nodes-unet") is own
    assert other is load_as(Masker, "wbc-mask-unet"), "a model without equations is the same whatever is asked"


def _blocks(model: Masker) -> list[OdeBlock]:
    return [m for m in model._runtime.net.modules() if isinstance(m, OdeBlock)]


def _evaluations(model: Masker, rgb: np.ndarray) -> int:
    before = sum(b.evaluations for b in _blocks(model))
    model.mask(rgb, 1)
    return sum(b.evaluations for b in _blocks(model)) - before
