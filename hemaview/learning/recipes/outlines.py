"""Circular, elongated or other on erythrocytes-idb: from measures of the cell that the mask model draws, or from the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.optimize import minimize

from hemaview.inference import Masker, drawn_cell, load_as
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Pool, Recipe, train_classifier
from hemaview.learning.engine.masks import read_masks
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log, Training, allowed, start_from_imagenet
from hemaview.learning.sets import data
from hemaview.methods.cellshape import OutlineNet, cell_measures
from hemaview.methods.efficientnet import EfficientNetLite0

SET, RIDGES = "erythrocytes-idb", (2e-3, 1e-2)
ELONGATION = ("circular", "elongated", "other")
ELONGATION_PX = 96


def measured(experiment: Experiment, split: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(measures (n, 43), class numbers (n,)) of the cells of a split, their masks drawn by the mask model."""
    masker = load_as(Masker, "elmanna-cell-mask", experiment.nets)
    lines = data.rows(experiment, SET, split)
    measures = [cell_measures(*drawn_cell(masker, data.image(experiment, SET, split, line["file"]))) for line in lines]
    return np.stack(measures), data.numbers([line["class"] for line in lines], ELONGATION, f"{SET}/{split}")


def train_outline(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """Two multinomial logistic regressions, each with its ridge, by L-BFGS; seconds once the masks are drawn.

    Measures and ridges were chosen by six-fold cross-validation over train and val, blocks of file numbers whole.
    """
    out.mkdir(parents=True, exist_ok=True)
    x, y = measured(experiment, "train")
    net = OutlineNet(len(ELONGATION))
    net.mean, net.scale = torch.from_numpy(x.mean(axis=0)), torch.from_numpy(np.maximum(x.std(axis=0), 1e-6))
    with torch.no_grad():
        for part, ridge, terms in zip((net.outline, net.all), RIDGES, net.terms(torch.from_numpy(x)), strict=True):
            best = regression(terms.double().numpy(), y, len(ELONGATION), ridge)
            part.weight.copy_(torch.from_numpy(best[:, :-1]))
            part.bias.copy_(torch.from_numpy(best[:, -1]))
        validation, labels = measured(experiment, "val")
        right = net(torch.from_numpy(validation)).argmax(1).numpy() == labels
    log(f"val accuracy {right.mean():.4f}")
    save_file(net.state_dict(), out / "best.safetensors")
    return out / "best.safetensors"


def regression(terms: NDArray[np.float64], y: NDArray[np.int64], classes: int, ridge: float) -> NDArray[np.float64]:
    """(classes, width + 1): weights and, last, bias of a multinomial logistic regression of terms (n, width) with a ridge."""
    n, width = terms.shape
    truth = np.eye(classes)[y]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weight = flat.reshape(classes, width + 1)
        z = terms @ weight[:, :width].T + weight[:, width]
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        slope = (p - truth).T / n
        value = -np.log((p * truth).sum(axis=1) + 1e-12).mean() + ridge * (weight[:, :width] ** 2).sum()
        return float(value), np.c_[slope @ terms + 2 * ridge * weight[:, :width], slope.sum(axis=1)].ravel()

    best: NDArray[np.float64] = minimize(loss, np.zeros(classes * (width + 1)), jac=True, method="L-BFGS-B").x
    return best.reshape(classes, width + 1)


def train_elongation(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """EfficientNet-Lite0 on the same crops: circular, elongated (sickle) or other."""
    net = EfficientNetLite0(len(ELONGATION))
    start_from_imagenet(net, imagenet, log)
    how = Augmentation(scale=0.1, shift=0.04, stain=0.25, light=0.2, blur=0.25, noise=4)
    recipe = Recipe(
        ELONGATION, ELONGATION_PX, epochs=epochs or 40, batch=32, rate=1e-3, balance=0.3, average=0.98, patience=40,
        augmentation=how,
    )  # fmt: skip
    pools = [elongation_pool(experiment, side) for side in ("train", "val")]
    return train_classifier(net, recipe, pools[:1], pools[1:], out, log)


def elongation_pool(experiment: Experiment, split: str) -> Pool:
    """The crops at the net's size."""
    masks = read_masks(experiment, "erythrocytes-idb", split, ELONGATION_PX)
    return Pool(masks.images, allowed(masks.labels, ELONGATION))


OUTLINE_TRAININGS: tuple[Training, ...] = (
    Training(
        "cell-outline",
        (SET,),
        train_outline,
        ELONGATION,
        0.0,
        80,
        (
            "Elongated is a shape, not a diagnosis.",
            "372 training cells of one hospital; sizes are in px of its camera, light is that of its stain.",
        ),
    ),
    Training(
        "elongation-net",
        ("erythrocytes-idb",),
        train_elongation,
        ELONGATION,
        0.0,
        ELONGATION_PX,
        (
            "Elongated is a shape, not a diagnosis.",
            "372 training cells of one hospital.",
        ),
        lambda experiment: [elongation_pool(experiment, "val")],
        views=8,
    ),
)
