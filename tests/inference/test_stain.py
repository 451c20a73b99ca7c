"""The colour of nuclei is told apart from how much dye there is, and from the light."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hemaview.inference.stain import LEAST_CELLS, Stain, nucleus_colour, stain_beside, stain_of

LEARNED = ((0.25, 0.50, 0.13), (0.36, 0.575, 0.175))


def cell(dye: tuple[float, float, float], ground: tuple[int, int, int] = (240, 235, 225)) -> NDArray[np.uint8]:
    """A nucleus of `dye` (optical density) in pale cytoplasm, beside a red cell."""
    y, x = np.mgrid[:100, :100]
    density = np.zeros((100, 100, 3))
    density[np.hypot(x - 50, y - 50) < 26] = (0.15, 0.2, 0.1)
    density[np.hypot(x - 90, y - 50) < 12] = (0.15, 0.45, 0.4)
    density[np.hypot(x - 50, y - 50) < 15] = dye
    noise = np.random.default_rng(1).normal(0, 1.5, density.shape)
    return np.clip(np.array(ground) * np.exp(-density) + noise, 0, 255).astype(np.uint8)


def test_it_is_the_nucleus_own_whatever_its_depth_and_the_light() -> None:
    for depth in (0.7, 1.0):
        for ground in ((240, 235, 225), (250, 215, 190)):
            colour = nucleus_colour(cell((depth, 1.6 * depth, 0.4 * depth), ground))
            assert colour == pytest.approx((1 / 3, 1.6 / 3, 0.4 / 3), abs=0.015)


def test_bare_ground_has_none_and_few_cells_tell_nothing() -> None:
    assert nucleus_colour(np.full((60, 60, 3), 240, np.uint8)) is None
    usual = cell((1.0, 1.6, 0.4))
    assert stain_of([usual] * (LEAST_CELLS - 1)) is None
    assert stain_of([usual] * LEAST_CELLS) is not None


def test_only_where_most_lie_beyond_all_that_was_learned_is_it_strange() -> None:
    usual, red, blue = cell((1.0, 1.6, 0.4)), cell((0.6, 1.85, 0.45)), cell((1.0, 1.4, 0.75))
    assert stain_beside([usual] * 20, LEARNED) is Stain.USUAL
    assert stain_beside([red] * 10 + [blue] * 10, LEARNED) is Stain.STRANGE, "films stained in two ways, both strange"
    assert stain_beside([red] * 10 + [usual] * 10, LEARNED) is Stain.USUAL, "as many as of one odd patient"


def test_few_nuclei_are_doubted_sooner_and_one_tells_nothing() -> None:
    usual, red = cell((1.0, 1.6, 0.4)), cell((0.6, 1.85, 0.45))
    assert stain_beside([red] * 4, LEARNED) is Stain.STRANGE
    assert stain_beside([red] * 2 + [usual] * 3, LEARNED) is Stain.STRANGE
    assert stain_beside([red] + [usual] * 4, LEARNED) is Stain.USUAL
    for few in ([], [red], [usual], [np.full((60, 60, 3), 240, np.uint8)] * 20):
        assert stain_beside(few, LEARNED) is Stain.UNCLEAR
