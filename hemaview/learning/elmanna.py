"""Elmanna et al. on chula-rbc12: EfficientNet-B0 on 80 × 80 px, plain and class-weighed loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from hemaview.learning.augment import Augmentation
from hemaview.learning.classify import Pool, Recipe, train_classifier
from hemaview.learning.recipes import SHAPE_CROP_PX, SHAPE_MPP, SHAPES, Log, Training, shape_pools
from hemaview.methods.efficientnetb0 import EfficientNetB0, start_from_lite0
from hemaview.methods.registry import cards

ELMANNA_EIGHT: dict[str, str] = {
    **dict.fromkeys(SHAPES, "other"),
    "normal": "normal", "burr": "burr", "schistocyte": "fragmented", "ovalocyte": "ovalocyte",
    "elliptocyte": "ovalocyte", "teardrop": "teardrop", "overlapped": "overlapped",
}  # fmt: skip
"""The paper's classes from the blood film's red cells. Its two and three overlapped cells are one class here, which the
segmentation finds; Chula's points mark single cells, so that six of the eight occur there."""
SIDE_PX = 80
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


def train_b0(root: Path, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log) -> Path:
    """EfficientNet-B0 with the plain loss, which the paper prefers by F1."""
    net = EfficientNetB0(len(SHAPES))
    start(net, log)
    train, val = (shape_pools(root, side, cache) for side in ("train", "val"))
    return train_classifier(net, recipe(epochs, weighed=False), train, val, out, log)


def folds(pool: Pool, fields: tuple[str, ...], repeats: int, seed: int) -> list[tuple[Pool, Pool]]:
    """`repeats` halvings of a pool, each used both ways (5 × 2 cross-validation): (train, held) pools.

    Halves are of whole fields, so that cells of one picture stay on one side; `fields` names the picture of each cell.
    """
    rng = np.random.default_rng(seed)
    names = np.unique(fields)
    found = []
    for _ in range(repeats):
        half = set(rng.permutation(names)[: len(names) // 2].tolist())
        first = np.array([f in half for f in fields])
        for rows in (first, ~first):
            found.append(
                (
                    replace(pool, images=pool.images[rows], allowed=pool.allowed[rows]),
                    replace(pool, images=pool.images[~rows], allowed=pool.allowed[~rows]),
                )
            )
    return found


def fresh(backbone: str) -> nn.Module:
    """A net of one of the compared backbones, from nothing."""
    from hemaview.methods.cellkind import CellKindNet
    from hemaview.methods.efficientnet import EfficientNetLite0

    made: dict[str, type[nn.Module]] = {"b0": EfficientNetB0, "lite0": EfficientNetLite0, "plain": CellKindNet}
    torch.manual_seed(20261121)
    return made[backbone](len(SHAPES))


ELMANNA_TRAININGS: tuple[Training, ...] = (
    Training(
        "elmanna-b0",
        ("chula-rbc12",),
        train_b0,
        SHAPES,
        SHAPE_MPP * SHAPE_CROP_PX / SIDE_PX,
        SIDE_PX,
        (
            "Stand-in data: chula-rbc12 and its thirteen classes in place of the paper's eight, which are not public.",
            "Weights of B0 shared with EfficientNet-Lite0 began from the shipped red-cell-shape-net, trained on the same cells.",
        ),
        lambda root: shape_pools(root, "val", None),
    ),
)
