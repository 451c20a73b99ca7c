"""Elmanna et al.: U-Net on single red cells of erythrocytes-idb, then EfficientNet-B0 on chula-rbc12; both on 80 × 80 px."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from hemaview.inference import Segmenter, load_as
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Pool, Recipe, train_classifier
from hemaview.learning.engine.course import use_cores
from hemaview.learning.engine.masks import MaskRecipe, read_masks, train_masks
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import (
    ELLIPTOCYTES,
    SHAPE_CROP_PX,
    SHAPE_MPP,
    SHAPE_PX,
    SHAPES,
    STRANGE,
    Log,
    Training,
    shape_pools,
)
from hemaview.learning.recipes.together import together
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.efficientnet import EfficientNet, EfficientNetLite0
from hemaview.methods.efficientnetb0 import EfficientNetB0, start_from_lite0
from hemaview.methods.unet import UNet

ELMANNA_EIGHT: dict[str, str] = {
    **dict.fromkeys(SHAPES, "other"),
    "normal": "normal", "burr": "burr", "schistocyte": "fragmented", "ovalocyte": "ovalocyte",
    "elliptocyte": "ovalocyte", "teardrop": "teardrop", "overlapped": "overlapped",
}  # fmt: skip
"""The paper's classes from the blood film's red cells. Its two and three overlapped cells are one class here, which the
segmentation finds; Chula's points mark single cells, so that six of the eight occur there."""
COMMITTEE = "red-cell-shape-committee"
SIDE_PX = 80
CELL_MASK_PX = 80
_EPOCHS = 6


def recipe(epochs: int | None, weighed: bool) -> Recipe:
    """The paper's flips and turns, with our changes of stain; batch 32 there, 48 here.

    weighed: each class counts as n / (cells of the class × classes) (equation 1), by drawing rare ones more often, which
    has the same expected gradient.
    """
    how = Augmentation(scale=0.04, shift=0.06, stain=0.3, light=0.25, blur=0.2, noise=4)
    balance = 1.0 if weighed else 0.0
    return Recipe(SHAPES, SIDE_PX, epochs or _EPOCHS, balance=balance, smoothing=0.05, augmentation=how)


def start(net: EfficientNetB0, log: Log) -> None:
    """B0's ImageNet weights are not to be had: what it shares with the shipped Lite0 of the same task is taken over."""
    card = cards().get("red-cell-shape-net")
    if card is None:
        log("no trained Lite0 is installed: starting from nothing")
        return
    state = {k: v.float() if v.is_floating_point() else v for k, v in load_file(card.weights).items()}
    log(f"{start_from_lite0(net, state)} tensors taken over from {card.name} {card.version}")


def train_b0(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """EfficientNet-B0 with the plain loss, which the paper prefers by F1."""
    net = EfficientNetB0(len(SHAPES))
    start(net, log)
    train, val = (shape_pools(experiment, side, cache) for side in ("train", "val"))
    return train_classifier(net, recipe(epochs, weighed=False), train, val, out, log)


def alone(images: NDArray[np.uint8], experiment: Experiment, lines: Sequence[dict[str, str]]) -> NDArray[np.uint8]:
    """Squares uint8 (n, side, side, 3) around the points of chula-rbc12's `lines` (train side) with all but their own
    cell, as the default model draws it, painted in the field's ground: what the paper's classifier is shown."""
    segmenter = load_as(Segmenter, "red-cell-unet", experiment.nets)
    out, side = images.copy(), images.shape[1]
    file, labels, ground = "", np.zeros((1, 1), np.int32), np.zeros(3)
    for i, line in enumerate(lines):
        if line["file"] != file:
            file = line["file"]
            rgb = data.image(experiment, "chula-rbc12", "train", file)
            labels = segmenter.segment(rgb, SHAPE_MPP)
            ground = np.median(rgb[labels == 0], axis=0) if (labels == 0).any() else np.full(3, 230.0)
        own = data.square(labels, float(line["x"]), float(line["y"]), side)
        middle = own[side // 2, side // 2]
        if middle:
            out[i][own != middle] = ground
    return out


def folds(pool: Pool, fields: tuple[str, ...], repeats: int, seed: int) -> list[tuple[Pool, Pool]]:
    """`repeats` halvings of a pool, each used both ways (5 × 2 cross-validation): (train, held) pools.

    Halves are of whole fields, so that cells of one picture stay on one side; `fields` names the picture of each cell.
    """
    rng = np.random.default_rng(seed)
    names = np.unique(fields)
    pairs = []
    for _ in range(repeats):
        half = set(rng.permutation(names)[: len(names) // 2].tolist())
        first = np.array([f in half for f in fields])
        for rows in (first, ~first):
            pairs.append(
                (
                    replace(pool, images=pool.images[rows], allowed=pool.allowed[rows]),
                    replace(pool, images=pool.images[~rows], allowed=pool.allowed[~rows]),
                )
            )
    return pairs


BACKBONES = ("b0", "lite0", "resnet18", "plain")


def backbone(name: str) -> nn.Module:
    """One of the compared nets. B0 and Lite0 begin from the shipped nucleated-cell-net, which never saw a red cell of
    the folds; the others, of which no weights are to be had, from nothing."""
    torch.manual_seed(20261121)
    if name == "plain":
        return CellKindNet(len(SHAPES))
    if name == "resnet18":
        return _ResNet18(len(SHAPES))
    net: EfficientNet = EfficientNetB0(len(SHAPES)) if name == "b0" else EfficientNetLite0(len(SHAPES))
    card = cards().get("nucleated-cell-net")
    if card is not None:
        start_from_lite0(net, {k: v.float() for k, v in load_file(card.weights).items() if v.is_floating_point()})
    return net


class _ResNet18(nn.Module):
    """He et al. 2016 with 18 layers, from mmdet; RGB 0-255 (N, 3, H, W) to logits (N, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        # mmdet takes seconds to import, and only after the operators that stand in for compiled ones.
        from hemaview.methods.cascade import mmcvops  # noqa: F401  isort: skip
        from mmdet.models.backbones import ResNet  # isort: skip

        self.body = ResNet(18)
        self.last = nn.Linear(512, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(self.body(x.float() / 127.5 - 1)[-1].mean(dim=(2, 3)))
        return logits


def train_cell_mask(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """Elmanna's U-Net on 80 × 80 px crops of single red cells."""
    use_cores()
    train, val = (read_masks(experiment, "erythrocytes-idb", side, CELL_MASK_PX) for side in ("train", "val"))
    return train_masks(UNet(2, 16, 4), MaskRecipe(2, CELL_MASK_PX, epochs or 80, 32), train, val, out, log)


ELMANNA_TRAININGS: tuple[Training, ...] = (
    Training(
        "elmanna-cell-mask",
        ("erythrocytes-idb",),
        train_cell_mask,
        ("background", "cell"),
        0.0,
        CELL_MASK_PX,
        (
            "Stand-in data: erythrocytes-idb, for the paper's own, PathOlogics_RBCs (figshare 24119511), are public and could "
            "not be fetched here.",
            "Trained by AdamW from 2e-3 falling over the epochs, with Dice beside the cross-entropy, any angle and changes of "
            "stain (the paper: Adam from 4e-4, a tenth of it when the loss stands still, flips alone); a quarter of U-Net's "
            "widths.",
            "Crops of 80 × 80 px around one cell; neighbours are background.",
        ),
        ground=STRANGE,
    ),
    Training(
        "elmanna-b0",
        ("chula-rbc12",),
        train_b0,
        SHAPES,
        SHAPE_MPP * SHAPE_CROP_PX / SIDE_PX,
        SIDE_PX,
        (
            "Stand-in data: chula-rbc12 and its thirteen classes in place of the paper's eight; the paper's own data, "
            "PathOlogics_RBCs (figshare 24119511), are public and could not be fetched here.",
            "The paper's ablation without segmentation: it is shown each cell with what lies around it, not cut out on an even "
            "ground (cut out, macro F1 was 0.02 higher in `study elmanna-folds`, p 0.14).",
            "Its thirteen classes are joined to the paper's eight by `ELMANNA_EIGHT` (normal, burr, fragmented, ovalocyte, "
            "teardrop, two and three overlapped as one, other); `accuracy_of_eight` and `macro_f1_of_eight` are of these.",
            "Weights of B0 shared with EfficientNet-Lite0 began from the shipped red-cell-shape-net, trained on the same cells.",
            "Trained by AdamW from 1.5e-3 along a cosine, 48 cells a step, labels smoothed, any angle and changes of stain, "
            "stopped after 4 epochs without a better recall (the paper: Adam from 4e-4, a tenth of it when the loss stands "
            "still, 32 cells a step, ±36°, stopped after 10 epochs without a lower loss).",
            ELLIPTOCYTES,
        ),
        lambda experiment: shape_pools(experiment, "val", None),
        ground=STRANGE,
    ),
    Training(
        COMMITTEE,
        ("chula-rbc12",),
        together(COMMITTEE),
        SHAPES,
        SHAPE_MPP * SHAPE_CROP_PX / SHAPE_PX,
        SHAPE_PX,
        (
            "Its members are red-cell-shape-net and elmanna-b0: it has no weights of its own, and costs both.",
            "One laboratory, one microscope, one stain; people agree on 83 % of its labels.",
            "Sizes (macrocyte, microcyte) rest on the µm/px of the slide.",
            ELLIPTOCYTES,
            "Shapes are called from a probability of their own (`operating_points`), so that healthy films show hardly any "
            "schistocyte and no graded shape stays above nine tenths of its 2+: figures that end in `_as_called` are of that. "
            "It costs: macro F1 of all shapes is then 0.760, without it 0.806; spherocytes lose most.",
        ),
        lambda experiment: shape_pools(experiment, "val", None),
        views=2,
        ground=STRANGE,
    ),
)
