"""The net of nucleated cells for films of laboratories that no net has seen, and for marrow.

Half of its batches are whole films as another laboratory would show them: one source, classes in a mixture of their own, one
stain, light, size and focus. It normalises by what it sees in a batch, as it does later by a film's own cells
(`inference.filmstatistics`; Zhang et al. 2021, adaptive risk minimisation). Crops without a nucleus and cells of real marrow
stand beside the sets of single cells.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import as_learned, rescale, squares
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Pool, Recipe, train_classifier
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.encoder import GROUND
from hemaview.learning.recipes.film import ALWAYS, NUCLEATED, NUCLEATED_MPP, Log, Training, allowed, start_from_imagenet
from hemaview.learning.recipes.nonuclei import crops_without_nucleus
from hemaview.learning.sets import data
from hemaview.learning.sets.marrowcells import marrow_cells
from hemaview.methods.efficientnet import EfficientNetLite0

NAME = "nucleated-cell-strangers"
SETS = ("pbc", "jhu-aml", "raabin-wbc", "segpc-plasma", "txl-pbc", "chula-rbc12")
SHOWN_PX, SHOWN_MPP = 112, 0.125
"""14 µm: white cells of other laboratories lie less spread beside their red cells, and larger they are read better."""
ADAPTS: dict[str, float] = {"layers": 16, "cells": 16}
"""A third of its batch normalisations are a film's own: of a tenth to all of them the best on raabin-wbc's train and val by a
net that had not learned from it (`ADR 0010`)."""
GIVEN, GIVEN_MPP = "all-idb2", 0.1
"""The external set whose test side is given for choosing between ways, and the µm/px of its pictures."""
DRAWN = {"pbc": 1.0, "jhu-aml": 2.2, "raabin-wbc": 3.0}
"""How often a cell of each set is drawn beside one of pbc."""
ELSEWHERE = Augmentation(scale=0.38, shift=0.06, stain=0.6, light=0.2, blur=0.3, noise=6, smear=0.2, zoom=1.25)


def train_strangers(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """EfficientNet-Lite0. The last epoch counts: val of the sets that it learns from chooses nothing."""
    net = EfficientNetLite0(len(NUCLEATED))
    start_from_imagenet(net, imagenet, log)
    recipe = Recipe(
        NUCLEATED, SHOWN_PX, epochs=epochs or 14, batch=64, rate=1.2e-3, balance=0.5, films=0.5, average=0.997,
        augmentation=ELSEWHERE,
    )  # fmt: skip
    return train_classifier(net, recipe, strangers_pools(experiment, "train", cache), [], out, log)


def strangers_pools(experiment: Experiment, side: str, cache: Path | None, without: Collection[str] = ()) -> list[Pool]:
    """Cells of a side on the common ground: one pool a set of single cells but those of `without`, then crops without a nucleus
    and those of marrow."""
    pools = []
    for name, weight in DRAWN.items():
        if name not in without and data.has(experiment, name, side):
            crops = data.cell_crops(experiment, name, side, cache)
            labels = crops.fine if name == "pbc" else crops.labels
            pools.append(Pool(on_ground(crops.images), allowed(labels, NUCLEATED), weight))
    without = crops_without_nucleus(experiment, side, cache)
    if len(without):
        pools.append(_of_one("artefact", without, 0.6))
    if data.has(experiment, "segpc-plasma", side):
        marrow = marrow_cells(experiment, side, cache)
        may = np.ones((len(marrow.others), len(NUCLEATED)), bool)
        may[:, NUCLEATED.index("plasma_cell")] = False
        pools += [_of_one("plasma_cell", marrow.plasma, 2.0), Pool(on_ground(marrow.others), may, 2.0, film=False)]
    return pools


def held_pools(experiment: Experiment) -> list[Pool]:
    """Val's cells as the net is shown them, uint8 (n, SHOWN_PX, SHOWN_PX, 3)."""
    return [Pool(as_shown(p.images), p.allowed, p.scale, p.film) for p in strangers_pools(experiment, "val", None)]


def given_pools(experiment: Experiment) -> list[Pool]:
    """The test side of all-idb2, as shown: blasts, and cells that are any class but a blast."""
    if not data.has(experiment, GIVEN, "test"):
        return []
    lines = data.rows(experiment, GIVEN, "test")
    factor = GIVEN_MPP / SHOWN_MPP
    crops = []
    for line in lines:
        rgb = rescale(data.image(experiment, GIVEN, "test", line["file"]), factor)
        middle = np.array([[rgb.shape[1] / 2, rgb.shape[0] / 2]])
        crops.append(as_learned(squares(rgb, middle, SHOWN_PX)[0], GROUND))
    may = np.ones((len(lines), len(NUCLEATED)), bool)
    blast = NUCLEATED.index("blast")
    is_blast = np.array([line["class"] == "blast" for line in lines])
    may[is_blast] = np.eye(len(NUCLEATED), dtype=bool)[blast]
    may[~is_blast, blast] = False
    return [Pool(np.stack(crops), may, film=False)]


def as_shown(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middles of pictures at NUCLEATED_MPP, at SHOWN_MPP."""
    larger = [rescale(np.ascontiguousarray(rgb), NUCLEATED_MPP / SHOWN_MPP) for rgb in images]
    at = (larger[0].shape[0] - SHOWN_PX) // 2
    return np.stack([rgb[at : at + SHOWN_PX, at : at + SHOWN_PX] for rgb in larger])


def on_ground(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each picture with its ground in the colour GROUND."""
    return np.stack([as_learned(np.ascontiguousarray(rgb), GROUND) for rgb in images])


def _of_one(name: str, images: NDArray[np.uint8], weight: float) -> Pool:
    return Pool(on_ground(images), allowed((name,) * len(images), NUCLEATED), weight, film=False)


STRANGER_TRAININGS = (
    Training(
        NAME,
        SETS,
        train_strangers,
        NUCLEATED,
        SHOWN_MPP,
        SHOWN_PX,
        (
            "pbc has no patient numbers, one analyser and one stain: scores on it flatter.",
            "Blasts are of one laboratory's patients (jhu-aml) alone; the test side of all-idb2 chose how sure a blast "
            "must be.",
            "Plasma cells of marrow come from one set, whose other cells have no labels; marrow's erythroblasts and granulocytes "
            "were learned from blood.",
            "Version 1 is the mean of two weights: one part nucleated-cell-net 2, four parts of it after seven epochs on pbc "
            "and jhu-aml and seven more on all sets; the command makes one like it, from ImageNet.",
            "On strange films it calls blasts readily (a shift of the logit by 2.25, chosen on the test side of all-idb2): a "
            "blast missed costs more than one more cell to look at. In marrow nothing is added.",
            "Immature granulocyte stages, bands against segmented, and blasts need a person's eye.",
        ),
        held_pools,
        views=1,
        ground=ALWAYS,
        minds_stain=True,
        ground_rgb=GROUND,
        adapts=ADAPTS,
        elsewhere=lambda experiment: strangers_pools(experiment, "val", None),
        other_laboratory_pools=given_pools,
        shift={"blast": 2.25},
    ),
)
