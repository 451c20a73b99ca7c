"""Films are moved from one stain to another."""

from __future__ import annotations

import numpy as np
import torch

from hemaview.learning.engine.stainbank import density_of, moments_of, moved, stains_of, transport


def film(red: float, green: float, blue: float, seed: int = 3) -> np.ndarray:
    """24 pictures of a disc that takes so much of each light, more or less, on bare ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:24, 0:24]
    disc = np.hypot(y - 12, x - 12) < 8
    density = disc[..., None] * np.array([red, green, blue]) * rng.uniform(0.7, 1.3, (24, 1, 1, 3))
    return np.clip(256 * np.exp(-density) - 1, 0, 255).astype(np.uint8)


def pictures(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float()


def test_the_map_turns_one_stain_into_the_other() -> None:
    own, wanted = (moments_of(pictures(film(*stain))) for stain in ((0.5, 1.0, 0.3), (0.9, 0.6, 0.5)))
    way = transport(own, wanted)
    assert torch.allclose(way @ own @ way.T, wanted, atol=1e-3)
    assert torch.allclose(way, way.T, atol=1e-4)


def test_a_film_takes_the_wanted_stain_by_the_share() -> None:
    x = pictures(film(0.5, 1.0, 0.3))
    own, wanted = moments_of(x), moments_of(pictures(film(0.9, 0.6, 0.5)))
    assert (moved(x, own, wanted, 0.0) - x).abs().max() < 1
    there = moments_of(moved(x, own, wanted, 1.0))
    assert (there - wanted).abs().max() < 0.1 * wanted.abs().max()
    halfway = density_of(moved(x, own, wanted, 0.5))[:, :, 12, 12].mean(dim=0)
    ends = [density_of(moved(x, own, wanted, share))[:, :, 12, 12].mean(dim=0) for share in (0.0, 1.0)]
    assert torch.allclose(halfway, (ends[0] + ends[1]) / 2, atol=0.02)


def test_bare_ground_tells_no_stain_and_stays() -> None:
    white = np.full((4, 24, 24, 3), 255, np.uint8)
    assert torch.equal(moments_of(pictures(white)), torch.eye(3))
    x = pictures(film(0.5, 1.0, 0.3))
    seen = moved(x, moments_of(x), moments_of(pictures(film(0.9, 0.6, 0.5))), 1.0)
    assert (seen[:, :, 0, 0] - x[:, :, 0, 0]).abs().max() < 1


def test_each_source_gives_its_stains() -> None:
    stains = stains_of([film(0.5, 1.0, 0.3), np.zeros((0, 24, 24, 3), np.uint8), film(0.9, 0.6, 0.5)])
    assert stains.shape == (2, 3, 3) and stains[0, 1, 1] > stains[0, 0, 0] and stains[1, 0, 0] > stains[1, 1, 1]
    assert stains_of([]).shape == (0, 3, 3)
