"""Sun et al.: p-net on the nuclei that the extraction finds, erythroblasts against lymphocytes and neutrophils."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Pool, Recipe, train_classifier
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import ALWAYS, Log, Training, allowed
from hemaview.learning.sets import data
from hemaview.methods.nucleusthreshold import PATCH_PX, central_patch
from hemaview.methods.pnet import PNet

NRBC_OR_NOT = ("other", "erythroblast")
SUN_NEGATIVES = (
    "lymphocyte",
    "segmented_neutrophil",
    "band_neutrophil",
    "neutrophil_unspecified",
    "lymphocyte_variant",
)
"""The negatives of Sun et al.: lymphocytes and neutrophils."""


def train_pnet(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """p-net on patches of pbc, erythroblasts against lymphocytes and neutrophils, as in the paper."""
    recipe = pnet_recipe(epochs)
    pools = [pnet_pool(experiment, "pbc", side, cache, SUN_NEGATIVES, log) for side in ("train", "val")]
    return train_classifier(PNet(), recipe, pools[:1], pools[1:], out, log)


def pnet_recipe(epochs: int | None) -> Recipe:
    """Turns, mirrors and slight changes of stain; the eightfold copies of the paper are drawn afresh at each step."""
    how = Augmentation(scale=0.05, shift=0.03, stain=0.15, light=0.12, blur=0.15, noise=3)
    return Recipe(
        NRBC_OR_NOT, PATCH_PX, epochs=epochs or 40, batch=64, rate=3e-3, balance=0.5, smoothing=0.0, average=0.99,
        patience=12, augmentation=how,
    )  # fmt: skip


def pnet_pool(
    experiment: Experiment,
    name: str,
    split: str,
    cache: Path | None,
    negatives: tuple[str, ...] | None,
    log: Log = print,
) -> Pool:
    """Patches around the extracted nuclei; where none is found the middle of the picture stands for it.

    negatives: the classes that count as other (None: all). The extraction's misses are logged, not hidden.
    """
    crops = data.cell_crops(experiment, name, split, cache)
    fine = np.array(crops.fine)
    wanted = fine == "erythroblast"
    if negatives is not None:
        usable = wanted | np.isin(fine, negatives)
    else:
        usable = np.ones(len(fine), bool)
    images, missed = patches(crops.images[usable])
    if missed:
        log(f"{name}/{split}: no nucleus found in {missed} of {int(usable.sum())} pictures")
    labels = np.where(wanted[usable], "erythroblast", "other")
    return Pool(images, allowed(tuple(labels), NRBC_OR_NOT))


def patches(images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """uint8 (n, 120, 120, 3) for p-net, and in how many pictures no nucleus was found."""
    out = np.full((len(images), PATCH_PX, PATCH_PX, 3), 255, np.uint8)
    missed = 0
    for i, rgb in enumerate(images):
        patch = central_patch(np.ascontiguousarray(rgb))
        if patch is None:
            missed += 1
            h, w = rgb.shape[:2]
            top, left = max(0, (h - PATCH_PX) // 2), max(0, (w - PATCH_PX) // 2)
            middle = rgb[top : top + PATCH_PX, left : left + PATCH_PX]
            out[i, : middle.shape[0], : middle.shape[1]] = middle
        else:
            out[i] = patch
    return out, missed


SUN_TRAININGS: tuple[Training, ...] = (
    Training(
        "sun-pnet",
        ("pbc",),
        train_pnet,
        NRBC_OR_NOT,
        0.2,
        PATCH_PX,
        (
            "Stand-in data: pbc, for the paper names no place where its own could be had. Blood films in place of H&E cell "
            "blocks; no fetal cell is among them.",
            "Where the extraction finds no nucleus the middle of the picture is judged.",
            "Learned, as in the paper, against lymphocytes and neutrophils only: it calls many other cells erythroblasts.",
            "Figures that end in `_of_paper` are against lymphocytes and neutrophils alone, the others against all cells.",
        ),
        ground=ALWAYS,
    ),
)
