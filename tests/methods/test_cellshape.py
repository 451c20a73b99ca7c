"""Measures of a cell do not depend on how it lies; they tell a sickle from a disc and a pale middle from a full one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hemaview.methods.cellshape import MEASURES, cell_measures, lightness


def ellipse(long: int, short: int, angle: float) -> NDArray[np.bool_]:
    mask = np.zeros((120, 120), np.uint8)
    cv2.ellipse(mask, (60, 60), (long, short), angle, 0, 360, 1, -1)
    return mask > 0


def measures_of(mask: NDArray[np.bool_], light: NDArray[np.float32] | None = None) -> dict[str, float]:
    shade = np.where(mask, 0.7, 1.0).astype(np.float32) if light is None else light
    return dict(zip(MEASURES, cell_measures(mask, shade).tolist(), strict=True))


def test_a_turned_cell_has_the_same_measures() -> None:
    lying, standing = measures_of(ellipse(40, 18, 0)), measures_of(ellipse(40, 18, 90))
    for name in ("axis_ratio", "circularity", "curvature_126", "radius_spread", "radius_wave_2", "thickness"):
        assert lying[name] == pytest.approx(standing[name], abs=0.05), name


def test_long_cells_bend_at_their_ends_and_are_thin() -> None:
    disc, sickle = measures_of(ellipse(26, 26, 0)), measures_of(ellipse(50, 12, 30))
    assert sickle["axis_ratio"] < 0.3 < 0.9 < disc["axis_ratio"]
    assert sickle["curvature_126"] > 2 * disc["curvature_126"]
    assert sickle["thickness"] < 0.7 * disc["thickness"]
    assert sickle["radius_spread"] > 5 * disc["radius_spread"]


def test_pallor_is_the_light_of_the_middle_against_the_rim_whatever_the_stain() -> None:
    mask = ellipse(26, 26, 0)
    full = np.where(mask, 150, 220).astype(np.uint8)
    pale = np.where(ellipse(12, 12, 0), 210, full).astype(np.uint8)
    for shade in (1.0, 0.8):
        lights = [lightness(np.stack([g * shade] * 3, axis=2).astype(np.uint8), ~mask) for g in (full, pale)]
        assert measures_of(mask, lights[0])["pallor"] == pytest.approx(0, abs=0.02)
        assert measures_of(mask, lights[1])["pallor"] == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_specks_have_finite_measures(size: int) -> None:
    mask = np.zeros((9, 9), bool)
    mask[4 : 4 + size, 4 : 4 + size] = True
    assert np.isfinite(cell_measures(mask, np.ones((9, 9), np.float32))).all()
