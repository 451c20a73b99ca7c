"""Masks of single cells: a small net learns them, goes on where it stopped, and the measures are the papers'."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.inference.pictures import turned, turned_back
from hemaview.learning.masks import MaskRecipe, MaskSet, confusion, mean_iou, predict_masks, read_masks, train_masks
from hemaview.methods.unet import UNet


def discs(n: int, seed: int, side: int = 48) -> MaskSet:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side]
    masks = np.stack(
        [np.hypot(x - rng.uniform(18, 30), y - rng.uniform(18, 30)) < rng.uniform(8, 15) for _ in range(n)]
    )
    images = np.where(masks[..., None], (180, 90, 110), (230, 228, 225)) + rng.normal(0, 6, (n, side, side, 3))
    return MaskSet(np.clip(images, 0, 255).astype(np.uint8), masks.astype(np.uint8), ("cell",) * n)


def test_a_small_net_learns_masks_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(3)
    recipe = MaskRecipe(2, 48, epochs=14, batch=8, rate=5e-3, average=0.6)
    said: list[str] = []
    net = UNet(2, 4, 2)
    best = train_masks(net, recipe, discs(48, 1), discs(16, 2), tmp_path, said.append)
    assert best.is_file() and len(said) == 14
    assert float(said[-1].split("MIoU ")[1].split()[0]) > 0.85
    said.clear()
    train_masks(
        net, MaskRecipe(2, 48, epochs=15, batch=8, average=0.6), discs(48, 1), discs(16, 2), tmp_path, said.append
    )
    assert len(said) == 1 and said[0].startswith("epoch 15/15")
    assert predict_masks(net, discs(3, 4).images).shape == (3, 48, 48)


def test_mean_iou_is_that_of_the_confusion_table() -> None:
    truth = np.array([[[0, 0], [1, 1]]], np.uint8)
    found = np.array([[[0, 1], [1, 1]]], np.uint8)
    table = confusion(found, truth, 2)
    assert table.tolist() == [[1, 1], [0, 2]]
    assert mean_iou(table) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_masks_are_read_beside_their_pictures_in_folders_too(tmp_path: Path) -> None:
    for kind in ("images", "masks"):
        (tmp_path / "set" / "train" / kind / "round").mkdir(parents=True)
    Image.fromarray(np.full((80, 80, 3), 200, np.uint8)).save(tmp_path / "set/train/images/round/a.jpg")
    drawn = np.zeros((80, 80), np.uint8)
    drawn[20:60, 20:60] = 1
    Image.fromarray(drawn).save(tmp_path / "set/train/masks/round/a.png")
    (tmp_path / "set/train/labels.csv").write_text("file,class\nround/a.jpg,round\n")
    found = read_masks(tmp_path, "set", "train", 40)
    assert found.images.shape == (1, 40, 40, 3) and found.masks.sum() == 400 and found.labels == ("round",)


@pytest.mark.parametrize("view", range(8))
def test_each_view_is_undone_by_its_inverse(view: int) -> None:
    images = np.arange(2 * 5 * 5 * 3).reshape(2, 5, 5, 3)
    assert np.array_equal(turned_back(turned(images, view), view), images)
    assert (view == 0) == np.array_equal(turned(images, view), images)
