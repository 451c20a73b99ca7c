from __future__ import annotations

import numpy as np
import torch

from hemaview.learning.engine.augment import Augmentation, augment
from hemaview.learning.engine.classify import Pool, _film
from hemaview.learning.recipes.nonuclei import CLEAR_UM, clear_points
from hemaview.learning.recipes.nucleated import GROUND, SHOWN_PX, as_shown, on_ground
from hemaview.learning.sets.marrowcells import other_nuclei


def test_cells_of_one_film_are_stained_and_sized_alike_and_those_of_many_are_not() -> None:
    x = torch.full((12, 3, 40, 40), 120.0)
    how = Augmentation(scale=0.0, shift=0.0, stain=1.0, light=0.2, blur=0.0, noise=0.0, turns=False)

    def spread(one_film: bool) -> float:
        pictures = augment(x, 40, how, torch.Generator().manual_seed(4), one_film)
        return float(pictures.mean(dim=(2, 3)).std(dim=0).mean())

    assert spread(one_film=True) < 0.5 * spread(one_film=False)


def test_a_film_is_of_one_source_and_never_of_crops_without_a_nucleus() -> None:
    pools = [
        Pool(np.zeros((50, 4, 4, 3), np.uint8), np.eye(3, dtype=bool)[np.arange(50) % 3], film=film)
        for film in (True, False, True)
    ]
    index = np.concatenate([np.stack([np.full(50, i), np.arange(50)], 1) for i in range(3)])
    weight = torch.ones(150, dtype=torch.float64)
    sources = set()
    for seed in range(12):
        rows = _film(pools, index, weight, 16, torch.Generator().manual_seed(seed))
        own = set(index[rows, 0].tolist())
        assert len(own) == 1
        sources |= own
    assert sources == {0, 2}


def test_pictures_are_shown_larger_and_on_one_ground() -> None:
    rgb = np.full((2, 135, 135, 3), 200, np.uint8)
    assert as_shown(rgb).shape == (2, SHOWN_PX, SHOWN_PX, 3)
    assert np.abs(on_ground(rgb)[0, 0, 0].astype(float) - GROUND).max() <= 1


def test_points_near_a_nucleus_are_no_crops_without_one() -> None:
    rgb = np.full((300, 300, 3), 235, np.uint8)
    y, x = np.mgrid[0:300, 0:300]
    rgb[np.hypot(x - 100, y - 100) < 20] = (70, 30, 120)
    points = np.array([[100.0, 100.0], [120.0, 100.0], [250.0, 250.0]])
    clear = clear_points(rgb, 0.2, points)
    assert clear.tolist() == [[250.0, 250.0]] and CLEAR_UM > 4


def test_other_cells_of_marrow_lie_in_no_plasma_cells_box_and_not_at_the_edge() -> None:
    rgb = np.full((400, 400, 3), 235, np.uint8)
    y, x = np.mgrid[0:400, 0:400]
    for cx, cy in ((100, 100), (300, 300), (395, 200)):
        rgb[np.hypot(x - cx, y - cy) < 22] = (60, 25, 110)
    points = other_nuclei(rgb, np.array([[70, 70, 130, 130]], np.float32))
    assert len(points) == 1 and np.abs(points[0] - 300).max() < 5
