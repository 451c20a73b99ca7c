"""The papers' own comparisons, run again on what there is: each a table of variants trained alike.

Variants are compared on the validation side, and the test side stays unseen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import nn

from hemaview.inference.pictures import softmax
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Pool, Recipe, load_weights, predict, train_classifier
from hemaview.learning.engine.course import device
from hemaview.learning.engine.masks import (
    MaskRecipe,
    MaskSet,
    confusion,
    joined,
    mean_iou,
    predict_masks,
    read_masks,
    train_masks,
)
from hemaview.learning.engine.segment import Field, train_segmentation
from hemaview.learning.evidence import Answers
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import dice
from hemaview.learning.metrics.score import accuracy, macro_f1
from hemaview.learning.recipes import elmanna
from hemaview.learning.recipes.film import SHAPES, Log, foreground, segmentation_pairs, shape_pools
from hemaview.learning.recipes.li import WBC_MASK_SETS
from hemaview.learning.recipes.sun import SUN_NEGATIVES, pnet_pool, pnet_recipe
from hemaview.learning.recipes.zhang import MPP, binary_f1, binary_fields
from hemaview.learning.scoring.limitstudies import Row
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.methods.dunet import DUNet
from hemaview.methods.nodesunet import NodesUNet, equalised, set_tolerance
from hemaview.methods.pnet import PNet

FOLD_FIELDS, FOLD_PX, FOLD_BATCH = 70, 48, 24
"""Fields that the folds are made of, and the side to which their cells' squares are brought: with all 349 fields at 80 px
the sixty trainings would take days on two cores. With far fewer a net learns nothing in a few epochs."""
PAPERS_CHOICE = "b0, cells alone"
"""Elmanna et al. prefer it with the plain loss, by F1."""
SEEDS = (1, 2, 3)
"""Small nets, shortly trained, differ more by where they begin than by what is compared: each is trained from these."""
SIZES = (5, 10, 20, None)
"""How many fields dU-Net and U-Net are trained on to see how many they need; None: all."""
ODE_PX = 64
"""Side of the cells that variants with ODE blocks are shown: half the shipped net's, for a block in the upper levels is slow."""


def pnet_variants(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Sun et al., Table 2: what each choice of p-net is worth; sensitivity and specificity on val, the paper's negatives."""
    train, val = (pnet_pool(experiment, "pbc", side, out / "cache", SUN_NEGATIVES, log) for side in ("train", "val"))
    base = pnet_recipe(epochs)
    still = Augmentation(scale=0, shift=0, stain=0, light=0, blur=0, noise=0, turns=False)
    variants: dict[str, tuple[Callable[[], nn.Module], Recipe]] = {
        "p-net": (PNet, base),
        "sigmoid in place of ReLU": (lambda: _with(PNet(), nn.ReLU, nn.Sigmoid), base),
        "kernels of 5 in every layer": (_with_wide_kernels, base),
        "batch of 1": (PNet, replace(base, batch=1)),
        "without sample enhancement": (PNet, replace(base, augmentation=still)),
    }
    truth = val.allowed.argmax(axis=1)

    def once(name: str, build: Callable[[], nn.Module], recipe: Recipe, seed: int) -> Row:
        torch.manual_seed(seed)  # before the net is made: what variants share begins from the same values
        net = build()
        best = train_classifier(net, replace(recipe, seed=seed), [train], [val], out / f"{_slug(name)}-{seed}", log)
        predicted = predict(load_weights(net, best), val.images, recipe.input_px).argmax(axis=1)
        return {
            "accuracy": float((predicted == truth).mean()),
            "sensitivity": float((predicted[truth == 1] == 1).mean()),
            "specificity": float((predicted[truth == 0] == 0).mean()),
        }

    return [repeated(name, partial(once, name, *how)) for name, how in variants.items()]


def nodes_positions(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Li et al., Table 1: one ODE block at tolerance 1e-3 at each of the nine places, against the plain U-Net."""
    sets = _wbc(experiment, ODE_PX)
    places: dict[str, dict[int, tuple[float, ...]]] = {
        "U-Net": {},
        **{f"place {p}": {p: (1e-3,)} for p in range(1, 10)},
    }
    return [_masked(name, partial(NodesUNet, 3, 8, where), sets, out, epochs, log) for name, where in places.items()]


def nodes_networks(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Li et al., Table 2: U-Net, ResNet blocks and ODE blocks at the bottom, of one width."""
    sets = _wbc(experiment, ODE_PX)
    nets: dict[str, Callable[[], nn.Module]] = {
        "U-Net": partial(NodesUNet, 3, 8, {}),
        "ResNet-U-Net": partial(NodesUNet, 3, 8, residual=True),
        "NODEs-UNet": partial(NodesUNet, 3, 8),
    }
    return [_masked(name, build, sets, out, epochs, log) for name, build in nets.items()]


def nodes_tolerance(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Li et al., §3.3: one trained NODEs-UNet solved at looser and looser tolerances; time against accuracy."""
    card = cards().get("li-nodes-unet")
    if card is None:
        raise data.DataError("li-nodes-unet must be trained and released first: this study solves it again.")
    sets = _wbc(experiment, card.input_px)
    net = load_weights(NodesUNet(3, 8), card.weights).to(device())
    rows = []
    for tolerance in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1):
        set_tolerance(net, tolerance)
        began = time.monotonic()
        table = confusion(predict_masks(net, sets[1].images), sets[1].masks, 3)
        rows.append(
            {
                "variant": f"{tolerance:g}",
                "tolerance": tolerance,
                "pixel_accuracy": float(np.trace(table) / table.sum()),
                "miou": mean_iou(table),
                "ms_per_picture": 1000 * (time.monotonic() - began) / len(sets[1].images),
            }
        )
    return rows


def dunet_size(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Zhang et al., Fig. 7: dU-Net and U-Net from 5, 10, 20 and all fields; Dice of cell against ground and F1 of cells on
    val. Kept are the weights of the best Dice."""
    validation = segmentation_pairs(experiment, "val", MPP)
    rows = []
    for n in SIZES:
        fields = binary_fields(experiment, "train", n)
        for name, deformable in (("dU-Net", True), ("U-Net", False)):

            def once(seed: int, fields: list[Field] = fields, name: str = name, deformable: bool = deformable) -> Row:
                torch.manual_seed(seed)  # before the net is made: what variants share begins from the same values
                net = DUNet(2, deformable=deformable)
                best = train_segmentation(
                    net, fields, lambda trained: _mean_dice(trained, validation), out / _slug(f"{name} {len(fields)} {seed}"),
                    epochs * 50, log, side_px=128, batch=4, seed=seed, check_every=100, class_weights=(1.0, 1.0),
                )  # fmt: skip
                load_weights(net, best)
                return {"dice": _mean_dice(net, validation), "cell_f1_50": binary_f1(net, validation)}

            rows.append({**repeated(f"{name}, {len(fields)} fields", once), "net": name, "fields": len(fields)})
    return rows


def _mean_dice(net: nn.Module, pairs: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> float:
    """Mean Dice over pictures of what a net of ground and cell sees as cell; pairs as `binary_f1` takes them."""
    scores = []
    for small, truth in pairs:
        h, w = truth.shape
        cell = cv2.resize(foreground(net.eval(), small)[1], (w, h), interpolation=cv2.INTER_LINEAR) > 0.5
        scores.append(dice(np.asarray(cell), truth > 0))
    return float(np.mean(scores))


def elmanna_folds(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Elmanna et al., Tables 4 to 6: 5 × 2 cross-validation of four backbones and, for B0, of both losses and of cells with
    and without their surroundings; paired t-tests.

    On FOLD_FIELDS fields of chula-rbc12's train side, halves of whole fields. p is of a paired t-test over the ten folds
    against B0 on cells alone with the plain loss, the paper's choice; with 5 × 2 folds such a test finds too much
    (Dietterich 1998), as the paper's does.
    """
    full_pool, lines = _shape_pool(experiment, out)
    painted = replace(full_pool, images=elmanna.alone(full_pool.images, experiment, lines))
    pools = {False: _at_side(full_pool, FOLD_PX), True: _at_side(painted, FOLD_PX)}
    fields = tuple(line["file"] for line in lines)
    variants: list[tuple[str, str, bool, bool]] = [
        (PAPERS_CHOICE, "b0", False, True),
        ("b0, cells alone, class-weighed loss", "b0", True, True),
        ("b0, with surroundings", "b0", False, False),
        *((f"{name}, cells alone", name, False, True) for name in elmanna.BACKBONES if name != "b0"),
    ]
    halves = {alone: elmanna.folds(pool, fields, 5, 20261121) for alone, pool in pools.items()}
    scores: dict[str, list[tuple[float, float]]] = {}
    for fold in range(10):
        for name, backbone, weighed, alone in variants:
            train, validation = halves[alone][fold]
            truth = validation.allowed.argmax(axis=1)
            net, recipe = elmanna.backbone(backbone), elmanna.recipe(epochs, weighed)
            recipe = replace(recipe, input_px=FOLD_PX, batch=FOLD_BATCH)
            last = train_classifier(net, recipe, [train], [], out / f"{_slug(name)}-{fold}", log)
            logits = predict(load_weights(net, last), validation.images, recipe.input_px)
            np.savez(last.parent / "answers.npz", p=softmax(logits), truth=truth)
            predicted = logits.argmax(axis=1)
            scores.setdefault(name, []).append((accuracy(truth, predicted), macro_f1(truth, predicted)))
            log(f"fold {fold + 1}/10 {name}: accuracy {scores[name][-1][0]:.4f}")
    first = np.array(next(iter(scores.values())))
    rows = []
    for name, pairs in scores.items():
        own = np.array(pairs)
        row: Row = {"variant": name, "accuracy": float(own[:, 0].mean()), "accuracy_sd": float(own[:, 0].std(ddof=1)),
                    "macro_f1": float(own[:, 1].mean()), "macro_f1_sd": float(own[:, 1].std(ddof=1))}  # fmt: skip
        row["p"] = float(stats.ttest_rel(own[:, 1], first[:, 1]).pvalue) if not np.allclose(own, first) else ""
        rows.append(row)
    return rows


def elmanna_answers(out: Path) -> list[Answers]:
    """What B0 on cells alone with the plain loss, the paper's choice, said of the held half of each fold."""
    folds = [np.load(out / f"{_slug(PAPERS_CHOICE)}-{fold}" / "answers.npz") for fold in range(10)]
    return [Answers(fold["p"], fold["truth"], SHAPES) for fold in folds]


def _wbc(experiment: Experiment, side_px: int) -> tuple[MaskSet, MaskSet]:
    train, val = (
        joined([read_masks(experiment, name, side, side_px, equalised) for name in WBC_MASK_SETS])
        for side in ("train", "val")
    )
    return train, val


def repeated(name: str, once: Callable[[int], Row]) -> Row:
    """One variant trained from each of SEEDS: means of its measures, and the standard deviation of the first."""
    measures = [once(seed) for seed in SEEDS]
    first, *others = measures[0]
    deviation = float(np.std([row[first] for row in measures], ddof=1))
    means = {measure: float(np.mean([row[measure] for row in measures])) for measure in measures[0]}
    return {"variant": name, first: means[first], f"{first}_sd": deviation, **{m: means[m] for m in others}}


def _masked(
    name: str, build: Callable[[], nn.Module], sets: tuple[MaskSet, MaskSet], out: Path, epochs: int, log: Log
) -> Row:
    def once(seed: int) -> Row:
        torch.manual_seed(seed)  # before the net is made: what variants share begins from the same values
        net = build()
        best = train_masks(net, MaskRecipe(3, ODE_PX, epochs, seed=seed), *sets, out / f"{_slug(name)}-{seed}", log)
        load_weights(net, best)
        began = time.monotonic()
        table = confusion(predict_masks(net, sets[1].images), sets[1].masks, 3)
        return {
            "miou": mean_iou(table),
            "pixel_accuracy": float(np.trace(table) / table.sum()),
            "class_accuracy": float((np.diag(table) / table.sum(axis=1)).mean()),
            "ms_per_picture": 1000 * (time.monotonic() - began) / len(sets[1].images),
            "million_values": sum(p.numel() for p in net.parameters()) / 1e6,
        }

    return repeated(name, once)


def _shape_pool(experiment: Experiment, out: Path) -> tuple[Pool, list[dict[str, str]]]:
    """Cells of FOLD_FIELDS fields of chula-rbc12's train side, and their lines in its list."""
    pool = shape_pools(experiment, "train", out / "cache")[0]
    lines = list(data.rows(experiment, "chula-rbc12", "train"))
    fields = np.array([line["file"] for line in lines])
    rows = np.isin(fields, np.random.default_rng(20261121).permutation(np.unique(fields))[:FOLD_FIELDS])
    pool_lines = [line for line, keep in zip(lines, rows, strict=True) if keep]
    return replace(pool, images=pool.images[rows], allowed=pool.allowed[rows]), pool_lines


def _at_side(pool: Pool, side_px: int) -> Pool:
    smaller = [cv2.resize(rgb, (side_px, side_px), interpolation=cv2.INTER_AREA) for rgb in pool.images]
    return replace(pool, images=np.stack(smaller).astype(np.uint8))


def _with(net: PNet, old: type[nn.Module], new: Callable[[], nn.Module]) -> PNet:
    for i, layer in enumerate(net.body):
        if isinstance(layer, old):
            net.body[i] = new()
    return net


def _with_wide_kernels() -> PNet:
    net = PNet()
    net.body[4], net.body[8] = nn.Conv2d(32, 64, 5), nn.Conv2d(64, 16, 5)
    net.dense = nn.Linear(16, 1)
    return net


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())
