"""Train the cell segmentation: masks where people drew them, cautious pseudo-masks where they did not.

A pseudo-mask marks what a threshold finds with certainty (round single cells, clear background) and leaves the rest
out of the loss; it teaches other laboratories' stains, white cells and platelets, never how to split clumps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.measure import regionprops
from torch import Tensor, nn
from torch.nn import functional

from hemaview.learning.engine.augment import Augmentation, restain
from hemaview.learning.engine.averaging import blend, wearing
from hemaview.learning.engine.course import Course, device, device_of, memory_named
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data
from hemaview.methods.cellsplit import IGNORE, targets

MPP = 0.16
"""µm/px at which red cells are segmented: a typical one is 45 px wide."""
RED_CELL_UM = 7.2
PBC_MPP, CHULA_MPP = 0.2, 0.19
LEAST_PART_PX = 150
"""The smallest part of a bbbc041seg mask that is a cell, px of the original picture (its README)."""


@dataclass(frozen=True)
class Field:
    """One training field at MPP."""

    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3)."""
    target: NDArray[np.uint8]
    """Class numbers or IGNORE, uint8 (H, W)."""
    weight: float
    """Its share in the draw, beside other fields'."""


def mask_parts(mask: NDArray[np.uint8], least_px: int = LEAST_PART_PX) -> NDArray[np.int32]:
    """Instances: the 4-connected parts of a binary mask with at least least_px pixels."""
    parts, n = ndimage.label(mask > 0)
    sizes = np.bincount(parts.ravel(), minlength=n + 1)
    keep = sizes >= least_px
    keep[0] = False
    return ((np.cumsum(keep) * keep)[parts]).astype(np.int32)


def mpp_of(parts: NDArray[np.int32]) -> float:
    """µm/px of a picture whose typical cell, of an instance mask, is 7.2 µm wide; raises DataError where there is none."""
    areas = np.bincount(parts.ravel())[1:]
    if not len(areas):
        raise data.DataError("A mask of red cells holds none: its picture's µm/px cannot be told.")
    return RED_CELL_UM / (2 * float(np.sqrt(np.median(areas) / np.pi)))


def mpp_of_boxes(sides_px: Sequence[float]) -> float:
    """µm/px of a field from the longer sides of its red cells' boxes, which are a little loose."""
    return RED_CELL_UM * 1.05 / float(np.median(sides_px))


def rescale(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """The picture at `factor` times its size, area-averaged down or bilinear up."""
    h, w = rgb.shape[:2]
    size = max(1, round(w * factor)), max(1, round(h * factor))
    how = Image.Resampling.BOX if factor < 0.5 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(rgb).resize(size, how, reducing_gap=None))


def rescale_labels(labels: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Nearest-neighbour resampling of an instance mask to (H, W)."""
    rows = np.minimum((np.arange(shape[0]) + 0.5) * labels.shape[0] / shape[0], labels.shape[0] - 1).astype(int)
    columns = np.minimum((np.arange(shape[1]) + 0.5) * labels.shape[1] / shape[1], labels.shape[1] - 1).astype(int)
    return labels[np.ix_(rows, columns)]


def drawn_fields(experiment: Experiment, split: str) -> list[Field]:
    """bbbc041seg: masks drawn by people; µm/px from the median cell (7.2 µm) of each picture."""
    fields = []
    for file in data.files(experiment, "bbbc041seg", split):
        rgb = data.image(experiment, "bbbc041seg", split, file)
        parts = mask_parts(data.mask(experiment, "bbbc041seg", split, Path(file).stem))
        small = rescale(rgb, mpp_of(parts) / MPP)
        fields.append(Field(small, targets(rescale_labels(parts, small.shape[:2])), 6.0))
    return fields


def pseudo_field(rgb: NDArray[np.uint8], weight: float) -> Field:
    """A field at MPP with a cautious pseudo-mask: sure single cells, sure background, everything else left out."""
    density = -np.log((rgb.astype(np.float32) + 1) / 256).sum(axis=2)
    density = ndimage.gaussian_filter(density, 0.7)
    background = np.percentile(density, 15)
    # White cells are far darker than red ones: without the cap Otsu would part these two and lose the red cells.
    limit = threshold_otsu(np.minimum(density, background + 0.8))
    limit = background + 0.55 * (limit - background)
    cell = ndimage.binary_fill_holes(density > limit)
    cell = ndimage.binary_opening(cell, iterations=1)
    parts, _ = ndimage.label(cell)
    sure = np.zeros(parts.shape, np.int32)
    target = np.zeros(parts.shape, np.uint8)
    h, w = parts.shape
    for region in regionprops(parts):
        area_um2 = region.area * MPP**2
        top, left, bottom, right = region.bbox
        is_cut = top == 0 or left == 0 or bottom == h or right == w
        red, platelet, white = area_um2 >= 18, 1.5 <= area_um2 < 12, area_um2 > 70
        round_enough = region.solidity > (0.95 if red and not white else 0.9)
        if area_um2 < 0.5:
            continue
        if round_enough and not is_cut and (platelet or (red and area_um2 < 300)):
            sure[parts == region.label] = region.label
        elif not (is_cut and round_enough and red):
            place = region.slice
            target[place][region.image] = IGNORE
    maps = targets(sure)
    target = np.where(sure > 0, maps, target)
    loose = ndimage.binary_dilation(target == IGNORE, iterations=3) & (sure == 0)
    cut_cells = (parts > 0) & (sure == 0) & (target == 0)
    target[loose | cut_cells] = IGNORE
    return Field(rgb, target, weight)


def pseudo_fields(experiment: Experiment, split: str, seed: int = 3) -> list[Field]:
    """Chula fields, txl-pbc fields and single-cell pictures of pbc with pseudo-masks."""
    rng = np.random.default_rng(seed)
    fields = []
    if data.has(experiment, "chula-rbc12", split):
        for file in data.files(experiment, "chula-rbc12", split)[::2]:
            fields.append(
                pseudo_field(rescale(data.image(experiment, "chula-rbc12", split, file), CHULA_MPP / MPP), 0.5)
            )
    if data.has(experiment, "txl-pbc", split):
        boxes: dict[str, list[float]] = {}
        for row in data.rows(experiment, "txl-pbc", split):
            if row["class"] == "RBC":
                boxes.setdefault(row["file"], []).append(max(float(row["w"]), float(row["h"])))
        for file, sides in list(boxes.items())[::2]:
            rescaled = rescale(data.image(experiment, "txl-pbc", split, file), mpp_of_boxes(sides) / MPP)
            fields.append(pseudo_field(rescaled, 0.4))
    if data.has(experiment, "pbc", split):
        files = data.files(experiment, "pbc", split)
        for index in rng.choice(len(files), min(240, len(files)), replace=False):
            fields.append(
                pseudo_field(rescale(data.image(experiment, "pbc", split, files[int(index)]), PBC_MPP / MPP), 0.25)
            )
    return fields


@memory_named()
def train_segmentation(
    net: nn.Module,
    fields: list[Field],
    val: Callable[[nn.Module], float],
    out: Path,
    steps: int,
    log: Callable[[str], None] = print,
    side_px: int = 160,
    batch: int = 16,
    rate: float = 2e-3,
    seed: int = 20261121,
    check_every: int = 100,
    class_weights: tuple[float, ...] = (1.0, 1.5, 1.2),
    patience: int = 8,
) -> Path:
    """Train on random crops, keep the averaged weights that score best on `val`; the path of best.safetensors.

    On `device()`, where the net stays, also while `val` scores it. Resumable at a check; stops after `patience` checks
    without a better score.
    """
    torch.manual_seed(seed)
    net = net.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    weight = np.array([f.weight for f in fields])
    weight /= weight.sum()
    how = Augmentation(stain=0.35, light=0.25, blur=0.3, noise=5)
    course = Course(out, net, optimiser)
    rng = np.random.default_rng(seed + course.position)
    generator = torch.Generator().manual_seed(seed + course.position)
    classes = torch.tensor(class_weights, device=device_of(net))
    began_s, losses = time.monotonic(), []
    for step in range(course.position, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 30) * max(0.02, (1 - step / steps) ** 0.9)
        indices = rng.choice(len(fields), batch, p=weight)
        pairs = [_crop(fields[i], side_px, rng) for i in indices]
        x, y = (torch.from_numpy(np.stack(both)).to(classes.device) for both in zip(*pairs, strict=True))
        net.train()
        x, y = restain(x.permute(0, 3, 1, 2).float(), how, generator), y.long()
        logits = net(x.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(logits, y, classes, ignore_index=IGNORE) + soft_dice(logits, y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        decay = min(0.99, (1 + step) / (10 + step))
        blend(course.mean, net, decay)
        if (step + 1) % check_every and step + 1 < steps:
            continue
        with wearing(net, course.mean):
            score = val(net.eval())
        loss_now, seconds = float(np.mean(losses[-50:])), time.monotonic() - began_s
        log(f"step {step + 1}/{steps} loss {loss_now:.4f} val {score:.4f} {seconds:.0f} s")
        course.mark(step + 1, loss_now, score, round(seconds, 1))
        if course.waited >= patience * check_every:
            log(f"no better for {course.waited} steps: stopped")
            break
    return course.weights


def soft_dice(logits: Tensor, y: Tensor) -> Tensor:
    """1 - Dice of cell against background, pixels with IGNORE left out."""
    is_labelled = (y != IGNORE).float()
    p = (1 - functional.softmax(logits, dim=1)[:, 0]) * is_labelled
    t = ((y > 0) & (y != IGNORE)).float()
    return 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)


def _crop(field: Field, side_px: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A random square, rescaled by up to a fifth, turned and mirrored; small fields are padded with their edge."""
    factor = float(np.exp(rng.uniform(-0.25, 0.2)))
    need = max(8, round(side_px / factor))
    rgb, target = field.rgb, field.target
    h, w = target.shape
    top, left = rng.integers(0, max(1, h - need + 1)), rng.integers(0, max(1, w - need + 1))
    rgb, target = rgb[top : top + need, left : left + need], target[top : top + need, left : left + need]
    pad = (need - rgb.shape[0], need - rgb.shape[1])
    if any(pad):
        rgb = np.pad(
            rgb, ((0, pad[0]), (0, pad[1]), (0, 0)), mode="reflect" if max(pad) < min(rgb.shape[:2]) else "edge"
        )
        target = np.pad(target, ((0, pad[0]), (0, pad[1])), constant_values=IGNORE)
    if need != side_px:
        rgb = np.asarray(Image.fromarray(rgb).resize((side_px, side_px), Image.Resampling.BILINEAR))
        target = np.asarray(Image.fromarray(target).resize((side_px, side_px), Image.Resampling.NEAREST))
    turns = int(rng.integers(4))
    rgb, target = np.rot90(rgb, turns), np.rot90(target, turns)
    if rng.random() < 0.5:
        rgb, target = rgb[:, ::-1], target[:, ::-1]
    return np.ascontiguousarray(rgb), np.ascontiguousarray(target)
