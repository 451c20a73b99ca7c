"""Train the Cascade R-CNN on pictures with boxes: turned, mirrored, rescaled, restained; scored by mAP50 on val."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemaview.inference import Boxes
from hemaview.inference.detector import GROUND, shown_whole
from hemaview.inference.runtime import TorchRuntime
from hemaview.learning.engine.augment import Augmentation, restain
from hemaview.learning.engine.averaging import blend, wearing
from hemaview.learning.engine.course import Course, device, device_of, memory_named, use_cores
from hemaview.learning.sets.boxes import Scene, average_precision, hits
from hemaview.methods.cascade import Cascade


@dataclass(frozen=True)
class DetectorRecipe:
    """How a detector is trained, by AdamW (the paper names 5e-4 as its rate and no optimiser)."""

    side_px: int = 320
    """Of the square that is shown."""
    steps: int = 1000
    """At most."""
    batch: int = 4
    """Scenes at once."""
    rate: float = 1e-3
    """The largest of the schedule."""
    weight_decay: float = 1e-4
    """Of AdamW."""
    scale: float = 0.2
    """The largest change of size (log)."""
    check_every: int = 100
    """Steps between two scores on val."""
    average: float = 0.99
    """Decay of the mean of the weights, a step."""
    least_visible: float = 0.4
    """Share of a cell that must be seen for its box to be learned."""
    seed: int = 20261121
    """Of all that is left to chance."""
    balance: tuple[float, ...] = ()
    """Of each class, by how much a scene that shows it is drawn more often; (): all alike."""
    data_oriented: bool = False
    """The rate falls by a tenth every 10 × scenes steps (Wang et al. §3.2), so that no scene comes only when it can no longer
    teach; otherwise it falls to nothing over the steps."""
    trunk_rate: float = 1.0
    """The trunk's share of the rate."""
    hold_norms: bool = False
    """Whether the trunk's batch norms keep the statistics that they come with."""
    patience: int = 8
    """Checks without a better score after which it stops."""
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(stain=0.25, light=0.2, blur=0.25, noise=4))
    """How scenes are changed."""


@memory_named()
def train_detector(
    net: Cascade,
    recipe: DetectorRecipe,
    train: Sequence[Scene],
    val: Callable[[Cascade], float],
    out: Path,
    log: Callable[[str], None] = print,
) -> Path:
    """Train, keep the averaged weights that score best on `val`; resumable; the path of best.safetensors.

    On `device()`, where the net stays. A scene's share in the draw is 1 plus `balance[c]` for each class c that it shows.
    """
    use_cores()
    torch.manual_seed(recipe.seed)
    net = net.to(device())
    trunk = {id(p) for p in net.net.backbone.parameters()}
    parts = [[p for p in net.parameters() if (id(p) in trunk) is own] for own in (False, True)]
    optimiser = torch.optim.AdamW([{"params": p} for p in parts], lr=recipe.rate, weight_decay=recipe.weight_decay)
    course = Course(out, net, optimiser)
    rng = np.random.default_rng(recipe.seed + course.position)
    generator = torch.Generator().manual_seed(recipe.seed + course.position)
    share = np.array([1 + sum(recipe.balance[c] for c in np.unique(s.labels)) if recipe.balance else 1 for s in train])
    share = share / share.sum()
    losses: list[float] = []
    began_s = time.monotonic()
    for step in range(course.position, recipe.steps):
        for group, share_of_rate in zip(optimiser.param_groups, (1.0, recipe.trunk_rate), strict=True):
            group["lr"] = share_of_rate * rate_at(step, recipe, len(train))
        crops = [crop(train[int(i)], recipe, rng) for i in rng.choice(len(train), recipe.batch, p=share)]
        x = torch.from_numpy(np.stack([s.rgb for s in crops])).to(device_of(net)).permute(0, 3, 1, 2).float()
        net.train()
        if recipe.hold_norms:
            net.hold_norms()
        loss = net.loss(
            restain(x, recipe.augmentation, generator),
            [torch.from_numpy(s.boxes).to(x.device) for s in crops],
            [torch.from_numpy(s.labels).to(x.device) for s in crops],
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        decay = min(recipe.average, (1 + step) / (10 + step))
        blend(course.mean, net, decay)
        if (step + 1) % recipe.check_every and step + 1 < recipe.steps:
            continue
        with wearing(net, course.mean):
            score = val(net)
        seconds = time.monotonic() - began_s
        log(f"step {step + 1}/{recipe.steps} loss {np.mean(losses[-50:]):.3f} val {score:.4f} {seconds:.0f} s")
        course.mark(step + 1, float(np.mean(losses[-50:])), score, round(seconds, 1))
        if course.waited >= recipe.patience * recipe.check_every:
            log(f"no better for {course.waited} steps: stopped")
            break
    return course.weights


def rate_at(step: int, recipe: DetectorRecipe, scenes: int) -> float:
    """The learning rate at a step: 50 steps of warming up, then as the recipe says."""
    if recipe.data_oriented:
        falls: float = 0.9 ** (step // (10 * scenes))
    else:
        falls = max(0.02, (1 - step / recipe.steps) ** 0.9)
    return recipe.rate * min(1.0, (step + 1) / 50) * falls


def found_in(net: Cascade, rgb: NDArray[np.uint8]) -> Boxes:
    """What a net in training finds in one picture; it stays where it is."""
    return shown_whole(TorchRuntime(net, device_of(net).type), rgb)


def map50(predicted: Sequence[Boxes], truth: Sequence[Scene], classes: int) -> float:
    """Mean over classes of the average precision at IoU 0.5."""
    each = [average_precision([hits(f, t, c) for f, t in zip(predicted, truth, strict=True)]) for c in range(classes)]
    return float(np.nanmean(each))


def crop(scene: Scene, recipe: DetectorRecipe, rng: np.random.Generator) -> Scene:
    """A turned, mirrored, rescaled square of the scene; boxes of which too little is left are painted over.

    A cell cut so far that its box would be dropped becomes ground, so that it is not learned as background.
    """
    rgb, boxes = scene.rgb, scene.boxes
    turns, mirror = int(rng.integers(4)), bool(rng.random() < 0.5)
    rgb, boxes = turned(rgb, boxes, turns, mirror)
    factor = float(np.exp(rng.uniform(-recipe.scale, recipe.scale)))
    size = max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor))
    rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR), np.uint8)
    boxes = boxes * np.float32(factor)
    side = recipe.side_px
    left, top = (int(rng.integers(min(0, n - side), max(0, n - side) + 1)) for n in (rgb.shape[1], rgb.shape[0]))
    out = np.full((side, side, 3), GROUND, np.uint8)
    x0, y0 = max(0, left), max(0, top)
    part = rgb[y0 : min(rgb.shape[0], top + side), x0 : min(rgb.shape[1], left + side)]
    out[y0 - top : y0 - top + part.shape[0], x0 - left : x0 - left + part.shape[1]] = part
    boxes_in_crop = boxes - np.array([left, top, left, top], np.float32)
    inside = boxes_in_crop.clip(0, side)
    area = (boxes_in_crop[:, 2:] - boxes_in_crop[:, :2]).prod(axis=1)
    visible = (inside[:, 2:] - inside[:, :2]).prod(axis=1) / np.maximum(area, 1e-6)
    keep = visible >= recipe.least_visible
    for box in inside[~keep & (visible > 0)].round().astype(int):
        out[box[1] : box[3], box[0] : box[2]] = GROUND
    return Scene(out, np.ascontiguousarray(inside[keep]), scene.labels[keep])


def turned(
    rgb: NDArray[np.uint8], boxes: NDArray[np.float32], turns: int, mirror: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Picture and boxes turned by quarters anticlockwise, then mirrored left to right."""
    for _ in range(turns):
        w = rgb.shape[1]
        rgb = np.rot90(rgb)
        x0, y0, x1, y1 = boxes.T
        boxes = np.stack([y0, w - x1, y1, w - x0], axis=1)
    if mirror:
        w = rgb.shape[1]
        rgb = rgb[:, ::-1]
        x0, y0, x1, y1 = boxes.T
        boxes = np.stack([w - x1, y0, w - x0, y1], axis=1)
    return np.ascontiguousarray(rgb), np.ascontiguousarray(boxes, np.float32)
