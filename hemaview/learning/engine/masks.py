"""Train small segmentation nets on single-cell pictures with drawn masks: flips, turns, stain; early stopping on val."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from hemaview.learning.engine.augment import Augmentation, restain
from hemaview.learning.engine.averaging import blend, wearing
from hemaview.learning.engine.course import Course, device, device_of, memory_named
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data


@dataclass(frozen=True)
class MaskSet:
    """n pictures of one cell each, with their masks."""

    images: NDArray[np.uint8]
    """uint8 (n, side, side, 3)."""
    masks: NDArray[np.uint8]
    """Class numbers, uint8 (n, side, side)."""
    labels: tuple[str, ...]
    """The class of each cell."""


@dataclass(frozen=True)
class MaskRecipe:
    """How a net is trained that names pixels."""

    classes: int
    """How many."""
    side_px: int
    """Of the square that it is shown."""
    epochs: int = 60
    """At most."""
    batch: int = 16
    """Pictures at once."""
    rate: float = 2e-3
    """The largest of the schedule."""
    patience: int = 15
    """Epochs without a better score after which it stops."""
    scale: float = 0.15
    """The largest change of size (log)."""
    average: float = 0.98
    """Decay of the mean of the weights, a step."""
    seed: int = 20261121
    """Of all that is left to chance."""
    class_weights: tuple[float, ...] = ()
    """Of the cross-entropy; (): all alike."""
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(stain=0.25, light=0.2, blur=0.25, noise=4))
    """How pictures are changed."""


def read_masks(
    experiment: Experiment,
    name: str,
    split: str,
    side_px: int,
    prepare: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None,
) -> MaskSet:
    """A set of single-cell pictures with masks, resampled to side_px (pictures by area, masks by nearest)."""
    images, masks, labels = [], [], []
    for row in data.rows(experiment, name, split):
        rgb = data.image(experiment, name, split, row["file"])
        mask = data.mask(experiment, name, split, str(Path(row["file"]).with_suffix("")))
        if prepare is not None:
            rgb = prepare(rgb)
        shrinks = rgb.shape[0] > side_px
        images.append(
            cv2.resize(rgb, (side_px, side_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        )
        masks.append(cv2.resize(mask, (side_px, side_px), interpolation=cv2.INTER_NEAREST_EXACT))
        labels.append(row["class"])
    return MaskSet(np.stack(images).astype(np.uint8), np.stack(masks).astype(np.uint8), tuple(labels))


def joined(sets: list[MaskSet]) -> MaskSet:
    """Several sets as one."""
    return MaskSet(
        np.concatenate([s.images for s in sets]),
        np.concatenate([s.masks for s in sets]),
        tuple(label for s in sets for label in s.labels),
    )


@memory_named()
def train_masks(
    net: nn.Module, recipe: MaskRecipe, train: MaskSet, val: MaskSet, out: Path, log: Callable[[str], None] = print
) -> Path:
    """Train on `device()`, where the net stays; resumable at an epoch (`Course` says what is written to `out`); the path
    of best.safetensors."""
    torch.manual_seed(recipe.seed)
    net = net.to(device())
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=1e-4)
    course = Course(out, net, optimiser)
    weights = torch.tensor(recipe.class_weights or (1.0,) * recipe.classes, device=device_of(net))
    steps = course.position * max(1, len(train.images) // recipe.batch)
    for epoch in range(course.position, recipe.epochs):
        generator = torch.Generator().manual_seed(recipe.seed + epoch)
        began, losses = time.monotonic(), []
        order = torch.randperm(len(train.images), generator=generator).numpy()
        net.train()
        for at in range(0, max(1, len(order) - recipe.batch + 1), recipe.batch):
            progress = (epoch + at / len(order)) / recipe.epochs
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * min(1.0, 20 * progress + 0.05) * max(0.02, (1 - progress) ** 0.9)
            rows = order[at : at + recipe.batch]
            x, y = _augmented(train.images[rows], train.masks[rows], recipe, generator, weights.device)
            loss = mask_loss(net(x), y, weights)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            losses.append(float(loss.detach()))
            steps += 1
            decay = min(recipe.average, steps / (9 + steps))  # the first steps count little: they know nothing yet
            blend(course.mean, net, decay)
        with wearing(net, course.mean):
            score = mean_iou(confusion(predict_masks(net, val.images), val.masks, recipe.classes))
        seconds = time.monotonic() - began
        log(f"epoch {epoch + 1}/{recipe.epochs}: loss {np.mean(losses):.4f} val MIoU {score:.4f} {seconds:.0f} s")
        course.mark(epoch + 1, float(np.mean(losses)), score, round(seconds, 1))
        if course.waited >= recipe.patience:
            log(f"no better for {course.waited} epochs: stopped")
            break
    return course.weights


def mask_loss(logits: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy plus soft Dice over the classes; logits (N, C, H, W), target int64 (N, H, W)."""
    entropy = functional.cross_entropy(logits, target, weights)
    p = torch.softmax(logits, 1)
    truth = functional.one_hot(target, logits.shape[1]).permute(0, 3, 1, 2).to(p.dtype)
    both = (p * truth).sum((0, 2, 3))
    dice = (2 * both + 1) / (p.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    return entropy + (1 - dice).mean()


@torch.inference_mode()
def predict_masks(net: nn.Module, images: NDArray[np.uint8], batch: int = 32) -> NDArray[np.uint8]:
    """Class of each pixel, uint8 (n, H, W)."""
    net.eval()
    masks = []
    for at in range(0, len(images), batch):
        x = torch.from_numpy(np.ascontiguousarray(images[at : at + batch])).to(device_of(net))
        masks.append(net(x.permute(0, 3, 1, 2).float()).argmax(1).to(torch.uint8).cpu().numpy())
    return np.concatenate(masks)


def confusion(predicted: NDArray[np.uint8], truth: NDArray[np.uint8], classes: int) -> NDArray[np.int64]:
    """(classes, classes): rows are the truth, columns what was found, in pixels."""
    both = truth.astype(np.int64).ravel() * classes + predicted.ravel()
    return np.bincount(both, minlength=classes * classes).reshape(classes, classes)


def mean_iou(table: NDArray[np.int64]) -> float:
    """Mean over classes of intersection over union, of a confusion table."""
    overlap = np.diag(table).astype(float)
    union = table.sum(0) + table.sum(1) - overlap
    return float((overlap[union > 0] / union[union > 0]).mean())


def _augmented(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    recipe: MaskRecipe,
    generator: torch.Generator,
    where: torch.device,
) -> tuple[Tensor, Tensor]:
    """Turned by any angle, mirrored, rescaled, restained; the mask goes the same way by nearest neighbour."""
    n = len(images)
    x = torch.from_numpy(images).to(where).permute(0, 3, 1, 2).float()
    y = torch.from_numpy(masks).to(where)[:, None].float()
    angle = torch.rand(n, generator=generator) * 2 * np.pi
    size = torch.exp((torch.rand(n, generator=generator) * 2 - 1) * recipe.scale)
    mirror = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    cos, sin, zero = torch.cos(angle) * size, torch.sin(angle) * size, torch.zeros(n)
    theta = torch.stack([torch.stack([cos * mirror, -sin, zero], 1), torch.stack([sin * mirror, cos, zero], 1)], 1)
    grid = functional.affine_grid(theta.to(where), list(x.shape), align_corners=False)
    x = functional.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    y = functional.grid_sample(y, grid, mode="nearest", padding_mode="reflection", align_corners=False)
    return restain(x, recipe.augmentation, generator), y[:, 0].long()
