"""Masks of single cells: a small net learns them, goes on where it stopped, and the measures are the papers'."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from hemaview.inference import Masker, Outliner, load_as
from hemaview.inference.pictures import turned, turned_back
from hemaview.learning.engine.masks import (
    MaskRecipe,
    MaskSet,
    confusion,
    mean_iou,
    predict_masks,
    read_masks,
    train_masks,
)
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.zhang import class_masks
from hemaview.learning.scoring import papertasks
from hemaview.learning.scoring.papertasks import in_several_classes, majority
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
    lines: list[str] = []
    net = UNet(2, 4, 2)
    best = train_masks(net, recipe, discs(48, 1), discs(16, 2), tmp_path, lines.append)
    assert best.is_file() and len(lines) == 14
    assert float(lines[-1].split("MIoU ")[1].split()[0]) > 0.85
    lines.clear()
    train_masks(
        net, MaskRecipe(2, 48, epochs=15, batch=8, average=0.6), discs(48, 1), discs(16, 2), tmp_path, lines.append
    )
    assert len(lines) == 1 and lines[0].startswith("epoch 15/15")
    assert predict_masks(net, discs(3, 4).images).shape == (3, 48, 48)


def test_mean_iou_is_that_of_the_confusion_table() -> None:
    truth = np.array([[[0, 0], [1, 1]]], np.uint8)
    masks = np.array([[[0, 1], [1, 1]]], np.uint8)
    table = confusion(masks, truth, 2)
    assert table.tolist() == [[1, 1], [0, 2]]
    assert mean_iou(table) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_masks_are_read_beside_their_pictures_in_folders_too(tmp_path: Path) -> None:
    for kind in ("images", "masks"):
        (tmp_path / "set" / "train" / kind / "round").mkdir(parents=True)
    Image.fromarray(np.full((80, 80, 3), 200, np.uint8)).save(tmp_path / "set/train/images/round/a.jpg")
    mask = np.zeros((80, 80), np.uint8)
    mask[20:60, 20:60] = 1
    Image.fromarray(mask).save(tmp_path / "set/train/masks/round/a.png")
    (tmp_path / "set/train/labels.csv").write_text("file,class\nround/a.jpg,round\n")
    examples = read_masks(Experiment(tmp_path), "set", "train", 40)
    assert examples.images.shape == (1, 40, 40, 3) and examples.masks.sum() == 400 and examples.labels == ("round",)


def test_pixels_carry_the_class_of_their_cell() -> None:
    cells = MaskSet(discs(2, 1).images, discs(2, 1).masks, ("other", "elongated"))
    masks = class_masks(cells).masks
    assert [sorted(np.unique(m)) for m in masks] == [[0, 3], [0, 2]]
    assert np.array_equal(masks > 0, cells.masks > 0)


def test_a_cell_is_in_several_classes_where_a_third_of_it_is_called_another() -> None:
    def cell(*counts: int) -> np.ndarray:
        return np.repeat(np.arange(len(counts)), counts).astype(np.uint8)

    assert in_several_classes(cell(0, 60, 40, 0), 4) and in_several_classes(cell(20, 40, 20, 20), 4)
    assert not in_several_classes(cell(0, 70, 30, 0), 4)
    assert not in_several_classes(cell(60, 40, 0, 0), 4)


def test_the_class_of_a_cell_is_what_most_of_its_pixels_say() -> None:
    p = np.zeros((4, 4, 4), np.float32)
    p[..., 0] = 1
    p[0, :3], p[1, :1] = np.eye(4)[2], np.eye(4)[3]
    assert majority(p).tolist() == [0, 0.75, 0.25]
    faint = np.full((2, 2, 4), (0.7, 0.06, 0.06, 0.18), np.float32)
    assert majority(faint) == pytest.approx([0.2, 0.2, 0.6])


class Named(Masker):
    """A model that calls every cell elongated and draws a column too many."""

    def __init__(self) -> None:
        self.info = SimpleNamespace(classes=("background", "circular", "elongated", "other"))

    def mask(self, rgb: np.ndarray, views: int = 0) -> np.ndarray:
        classes = np.zeros(rgb.shape[:2], np.uint8)
        classes[10:20, 10:31] = 2
        return classes


def test_scores_of_classes_are_over_all_pixels_and_the_background_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("images", "masks"):
        (tmp_path / "set" / "test" / kind).mkdir(parents=True)
    mask = np.zeros((80, 80), np.uint8)
    mask[10:20, 10:30] = 1
    for name in "ab":
        Image.fromarray(np.full((80, 80, 3), 200, np.uint8)).save(tmp_path / f"set/test/images/{name}.png")
        Image.fromarray(mask).save(tmp_path / f"set/test/masks/{name}.png")
    (tmp_path / "set/test/labels.csv").write_text("file,class\na.png,elongated\nb.png,circular\n")
    monkeypatch.setattr(papertasks, "load", lambda name, settings: Named())
    rows = {s.metric: s.value for s in papertasks.cell_mask_classes("m", "set", Experiment(tmp_path), "test")}
    assert rows["dice_elongated"] == pytest.approx(2 * 200 / (420 + 200), abs=1e-5)
    assert rows["jaccard_elongated"] == pytest.approx(200 / 420, abs=1e-5)
    assert rows["dice_circular"] == 0 and rows["dice_background"] > 0.99
    # One px off where it is right, the diagonal where the class is not drawn.
    assert rows["hausdorff_elongated"] == pytest.approx((1 + np.hypot(80, 80)) / 2, abs=1e-4)
    assert "dice_other" not in rows and "hausdorff_other" not in rows and rows["error_3"] == 0
    dices = [rows[f"dice_{c}"] for c in ("background", "circular", "elongated")]
    assert rows["dice"] == pytest.approx(np.mean(dices), abs=1e-4)


@pytest.mark.parametrize("view", range(8))
def test_each_view_is_undone_by_its_inverse(view: int) -> None:
    images = np.arange(2 * 5 * 5 * 3).reshape(2, 5, 5, 3)
    assert np.array_equal(turned_back(turned(images, view), view), images)
    assert (view == 0) == np.array_equal(turned(images, view), images)


def test_the_class_by_outline_fills_the_mask_that_it_was_told_by() -> None:
    y, x = np.mgrid[:80, :80]
    rgb = np.full((80, 80, 3), 225, np.uint8)
    rgb[((x - 40) / 12) ** 2 + ((y - 40) / 33) ** 2 < 1] = (190, 120, 120)
    model = load_as(Outliner, "cell-outline")
    mask = model.mask(rgb)
    (number,) = set(np.unique(mask)) - {0}
    assert model.info.classes[number - 1] == "elongated"
    assert ((mask > 0) == (rgb[..., 1] < 200)).mean() > 0.97
