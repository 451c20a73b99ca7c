"""Nucleated cells at low power: found by the shipped net and by the fixed rule, each at its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from hemaview.inference import CentreFinder, load_as
from hemaview.inference.pictures import rescale
from hemaview.methods.nuclearstain import MPP, stained_nuclei
from hemaview.methods.peaks import coarse_peaks

FIELD = Path(__file__).parents[2] / "apps" / "desk" / "demo" / "chula-rbc12" / "328.webp"
WHITE_CELL = (606.0, 83.0)
"""The field's one white cell, px at 0.19 µm/px."""


def field() -> np.ndarray:
    return np.asarray(Image.open(FIELD).convert("RGB"))


def test_the_net_finds_the_white_cell_of_a_real_field_and_hardly_anything_else() -> None:
    centres = load_as(CentreFinder, "nucleated-cell-finder").centres(field(), 0.19)
    assert 1 <= len(centres) <= 3
    assert np.hypot(*(centres[0, :2] - WHITE_CELL)) < 4 / 0.19


def test_pictures_shown_together_give_what_each_gives_alone() -> None:
    model = load_as(CentreFinder, "nucleated-cell-finder")
    pictures = [field(), field()[:, ::-1], field()[:300]]
    together = model.centres_of(pictures, 0.19)
    for picture, centres in zip(pictures, together, strict=True):
        assert np.allclose(centres, model.centres(picture, 0.19), atol=0.05)


def test_the_fixed_rule_finds_it_too() -> None:
    centres = stained_nuclei(rescale(field(), 0.19 / MPP))
    assert len(centres) and np.hypot(centres[:, 0] - 606 * 0.19 / MPP, centres[:, 1] - 83 * 0.19 / MPP).min() < 4 / MPP


def test_peaks_of_a_coarse_map_lie_between_its_pixels() -> None:
    y, x = np.mgrid[0:20, 0:20]
    heat = np.exp(-((x - 7.3) ** 2 + (y - 12.0) ** 2) / 2).astype(np.float32)
    peaks = coarse_peaks(heat, 0.2, 4)
    assert len(peaks) == 1 and np.hypot(*(peaks[0, :2] - (7.8 * 4, 12.5 * 4))) < 1
    assert coarse_peaks(heat, 1.1, 4).shape == (0, 3)
