"""The published methods are what their papers say: sizes, formulas, and the behaviour that each is named for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hemaview.methods.nodesunet import BOTTOM_TOLERANCES, NodesUNet, OdeBlock, equalised, set_tolerance
from hemaview.methods.nucleusthreshold import (
    PATCH_PX,
    Extraction,
    central_patch,
    join_bottlenecks,
    joined_lobes,
    nuclei,
    patch,
    threshold,
)
from hemaview.methods.pnet import PNet


def slide_of(*discs: tuple[float, float, float], size: tuple[int, int] = (120, 160)) -> np.ndarray:
    """Dark nuclei (x, y, radius) on a light ground with a little noise; uint8 (H, W, 3)."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    grey = np.full(size, 225.0)
    for cx, cy, r in discs:
        grey[np.hypot(x - cx, y - cy) < r] = 70
    grey += np.random.default_rng(1).normal(0, 3, size)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)


# --- Sun et al. -------------------------------------------------------------------------------------------------------


def test_p_net_has_the_tables_layers_and_numbers() -> None:
    net = PNet().eval()
    trainable = sum(p.numel() for p in net.parameters())
    statistics = sum(b.numel() for name, b in net.named_buffers() if "running" in name)
    assert (trainable, trainable + statistics) == (30_529, 30_753)
    shapes = []
    x = torch.zeros(1, 3, PATCH_PX, PATCH_PX)
    for layer in net.body:
        x = layer(x)
        if isinstance(layer, torch.nn.Conv2d):
            shapes.append(tuple(x.shape[1:]))
    assert shapes == [(32, 39, 39), (64, 17, 17), (16, 6, 6)] and x.shape == (1, 144)
    assert float(net(torch.zeros(2, 3, PATCH_PX, PATCH_PX))[:, 0].abs().max()) == 0


def test_the_printed_threshold_is_a_constant_and_the_intended_one_follows_the_picture() -> None:
    dark, light = np.full((40, 40), 60, np.uint8), np.full((40, 40), 140, np.uint8)
    for grey in (dark, light):
        grey[:10] += 70
    assert threshold(dark, as_printed=True) == threshold(light, as_printed=True) == pytest.approx(83.66, abs=0.01)
    assert threshold(dark) == pytest.approx(60 + 196 / 3.06, abs=2)
    assert threshold(light) - threshold(dark) > 40


def test_nuclei_that_touch_are_parted_and_debris_is_not_counted() -> None:
    labels = nuclei(slide_of((40, 60, 14), (64, 60, 14), (120, 60, 15), (140, 20, 3)))
    assert len(np.unique(labels)) - 1 == 3
    assert labels[60, 40] != labels[60, 64] and labels[20, 140] == 0


def test_lobes_of_one_nucleus_are_joined_and_other_cells_stay_apart() -> None:
    labels = nuclei(slide_of((30, 60, 9), (50, 60, 9), (110, 60, 10)))
    assert len(np.unique(labels)) - 1 == 3
    joined = joined_lobes(labels, 8)
    assert joined[60, 30] == joined[60, 50] != joined[60, 110] and len(np.unique(joined)) - 1 == 2


def test_a_cut_without_a_bottleneck_is_undone_and_one_with_it_stays() -> None:
    long = np.zeros((20, 40), np.int32)
    long[5:15, 5:20], long[5:15, 20:35] = 1, 2
    assert len(np.unique(join_bottlenecks(long, Extraction().neck))) == 2
    waist = long.copy()
    waist[5:9, 17:23] = waist[11:15, 17:23] = 0
    assert len(np.unique(join_bottlenecks(waist, Extraction().neck))) == 3


def test_a_patch_holds_the_nucleus_in_its_middle_with_white_around() -> None:
    rgb = slide_of((80, 60, 14))
    around_nucleus = central_patch(rgb)
    assert around_nucleus is not None and around_nucleus.shape == (PATCH_PX, PATCH_PX, 3)
    assert around_nucleus[60, 60].mean() < 110 and around_nucleus[2, 2].min() == 255
    assert central_patch(np.full((80, 80, 3), 240, np.uint8)) is None
    assert patch(rgb, (0, 0, 160, 120)).shape == (PATCH_PX, PATCH_PX, 3)


# --- Li et al. --------------------------------------------------------------------------------------------------------


def test_nodes_unet_solves_its_bottom_at_the_papers_tolerances() -> None:
    net = NodesUNet(3, 8).eval()
    blocks = [m for m in net.modules() if isinstance(m, OdeBlock)]
    assert [b.tolerance for b in blocks] == list(BOTTOM_TOLERANCES) == [1e-6, 1e-4, 1e-4]
    with torch.inference_mode():
        assert net(torch.rand(1, 3, 64, 64) * 255).shape == (1, 3, 64, 64)


def test_a_larger_tolerance_asks_for_fewer_evaluations_and_changes_little() -> None:
    torch.manual_seed(1)
    net = NodesUNet(3, 8, positions={5: (1e-6,)}).eval()
    block = next(m for m in net.modules() if isinstance(m, OdeBlock))
    torch.nn.init.normal_(block.second.weight, std=0.05)  # as it starts it is the identity, which any tolerance solves
    x = torch.rand(1, 3, 64, 64) * 255
    answers, evaluations = [], []
    for tolerance in (1e-5, 1e-1):
        set_tolerance(net, tolerance)
        block.evaluations = 0
        with torch.inference_mode():
            answers.append(torch.softmax(net(x), 1))
        evaluations.append(block.evaluations)
    assert evaluations[1] < evaluations[0]
    assert float((answers[0] - answers[1]).abs().max()) < 0.05


@pytest.mark.parametrize("place", range(1, 10))
def test_an_ode_block_can_stand_at_each_of_the_nine_places(place: int) -> None:
    net = NodesUNet(2, 4, positions={place: (1e-3,)}).eval()
    with torch.inference_mode():
        assert net(torch.zeros(1, 3, 32, 32)).shape == (1, 2, 32, 32)
    plain, residual = NodesUNet(2, 4, positions={}), NodesUNet(2, 4, positions={place: (1e-3,)}, residual=True)
    assert sum(p.numel() for p in residual.parameters()) > sum(p.numel() for p in plain.parameters())


def test_equalising_changes_brightness_and_keeps_the_shape() -> None:
    rgb = np.clip(np.random.default_rng(2).normal(120, 8, (80, 60, 3)), 0, 255).astype(np.uint8)
    picture = equalised(rgb)
    assert picture.shape == rgb.shape and picture.mean(axis=2).std() > 1.5 * rgb.mean(axis=2).std()
