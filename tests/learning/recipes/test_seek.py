"""The finder of nucleated cells: what it is shown, what is left out of its loss, and that it learns."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hemaview.learning.engine.heat import heat_loss, train_heat
from hemaview.learning.recipes.seek import matched, peaks_in, points_precision
from hemaview.learning.recipes.seekscenes import (
    KEPT_MPP,
    Cell,
    Marked,
    SeekPool,
    SeekScene,
    draw_scene,
    unlabelled_nuclei,
    whole_boxes,
)
from hemaview.methods.nuclearstain import MPP
from hemaview.methods.seeker import Seeker

GROUND, RED, NUCLEUS = (235, 232, 236), (205, 150, 160), (110, 60, 140)


def field(nuclei: list[tuple[int, int]]) -> NDArray[np.uint8]:
    """90 µm of red cells at KEPT_MPP, with nuclei 8 µm wide at places, px."""
    rgb = np.empty((300, 300, 3), np.uint8)
    rgb[:] = GROUND
    for x in range(20, 300, 40):
        for y in range(20, 300, 40):
            cv2.circle(rgb, (x, y), 12, RED, cv2.FILLED)
    for place in nuclei:
        cv2.circle(rgb, place, 13, NUCLEUS, cv2.FILLED)
    return rgb


def marked(nuclei: list[tuple[int, int]]) -> Marked:
    return Marked(field(nuclei), np.array(nuclei, np.float32).reshape(-1, 2), np.zeros((300, 300), bool))


def pool() -> SeekPool:
    cell = Cell(np.ascontiguousarray(field([(150, 150)])[110:190, 110:190]), True)
    other = Cell(np.ascontiguousarray(field([])[60:140, 60:140]), False)
    return SeekPool((marked([(100, 100), (200, 220)]),), (), (marked([]),), (cell,), (other,))


def test_nuclei_that_nobody_marked_are_left_out_and_red_cells_are_not() -> None:
    rgb = field([(100, 100), (220, 60)])
    unknown = unlabelled_nuclei(rgb, np.array([[100, 100]], np.float32))
    assert unknown[60, 220] and not unknown[100, 100] and not unknown[20, 20] and unknown.mean() < 0.05


def test_what_the_edge_cuts_is_no_whole_cell() -> None:
    boxes = np.array([[10, 10, 20, 20], [0, 50, 20, 20], [75, 60, 20, 39]], np.float64)
    assert whole_boxes(boxes, 100, 100).tolist() == [True, False, False]


@pytest.mark.parametrize("seed", range(6))
def test_marked_centres_lie_on_nuclei_however_a_scene_is_turned(seed: int) -> None:
    scene = draw_scene(pool(), 128, np.random.default_rng(seed))
    assert scene.rgb.shape == (128, 128, 3) and scene.unknown.shape == (128, 128)
    for x, y in scene.centres:
        if 2 < x < 126 and 2 < y < 126:
            assert scene.rgb[int(y), int(x), 0] < 150


def test_a_target_is_one_at_each_centre_and_known_there() -> None:
    scene = SeekScene(np.zeros((64, 64, 3), np.uint8), np.array([[10, 20]], np.float32), np.ones((64, 64), bool))
    heat, is_labelled = scene.target()
    assert heat.shape == (16, 16) and heat[5, 2] == 1 and (heat == 1).sum() == 1
    assert is_labelled[5, 2] and not is_labelled[12, 12]


def test_the_loss_falls_where_peaks_are_right_and_ignores_what_is_unknown() -> None:
    heat, is_labelled = torch.zeros(1, 4, 4), torch.ones(1, 4, 4, dtype=torch.bool)
    heat[0, 1, 1] = 1
    right, wrong = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)
    right[0, 0], wrong[0, 0] = 4, 4
    right[0, :, 1, 1], wrong[0, :, 2, 2] = torch.tensor([-4.0, 4.0]), torch.tensor([-4.0, 4.0])
    assert heat_loss(right, heat, is_labelled) < heat_loss(wrong, heat, is_labelled)
    unknown = is_labelled.clone()
    unknown[0, 2, 2] = False
    assert heat_loss(wrong, heat, unknown) < heat_loss(wrong, heat, is_labelled)


def test_a_seeker_learns_to_find_nuclei_among_red_cells(tmp_path: Path) -> None:
    scenes = pool()
    validation = [SeekScene(_small(field([(90, 150)])), np.array([[54, 90]], np.float32), np.zeros((0, 0), bool))]

    def draw(rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
        scene = draw_scene(scenes, 96, rng, scale=0.1)
        return scene.rgb, *scene.target()

    net = Seeker(2, (8, 12, 16, 16))
    train_heat(
        net, draw, lambda n: points_precision(n, validation), tmp_path, 60, lambda _: None, batch=6, check_every=30
    )
    peaks = peaks_in(net.eval(), validation[0].rgb, 0.2)
    assert len(peaks) and np.hypot(*(peaks[0, :2] - (54, 90))) < 5
    heights, cells, n = matched(net, validation, 0.2)
    assert (cells, n) == (1, 1) and (heights > 0).sum() == 1


def _small(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(
        cv2.resize(rgb, None, fx=KEPT_MPP / MPP, fy=KEPT_MPP / MPP, interpolation=cv2.INTER_AREA), np.uint8
    )
