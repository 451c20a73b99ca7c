"""Train a net whose answer is a coarse heatmap of centres, on scenes that are made as they are needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hemaview.learning.engine.augment import Augmentation, restain
from hemaview.learning.engine.averaging import blend, wearing
from hemaview.learning.engine.course import Course, device, device_of, memory_named

Scene = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]
"""A picture (side, side, 3), its heatmap and where that is known, both at the stride of the net's answer."""
ALPHA, BETA = 2.0, 4.0
"""Exponents of the focal loss of Law & Deng 2018 (CornerNet, equation 1)."""


def heat_loss(logits: Tensor, heat: Tensor, is_labelled: Tensor) -> Tensor:
    """Focal loss of peaks (Law & Deng 2018, equation 1) of logits (N, 2, H, W) over the cells that are there; heat float
    and known bool (N, H, W)."""
    p = torch.softmax(logits, 1)[:, 1].clamp(1e-4, 1 - 1e-4)
    peak = heat > 0.999
    peak_loss = -((1 - p) ** ALPHA * torch.log(p))[peak].sum()
    rest = (1 - heat) ** BETA * p**ALPHA * -torch.log(1 - p) * (is_labelled & ~peak)
    return (peak_loss + rest.sum()) / peak.sum().clamp(min=1)


@memory_named()
def train_heat(
    net: nn.Module,
    draw: Callable[[np.random.Generator], Scene],
    val: Callable[[nn.Module], float],
    out: Path,
    steps: int,
    log: Callable[[str], None] = print,
    batch: int = 16,
    rate: float = 2e-3,
    seed: int = 20261121,
    check_every: int = 100,
) -> Path:
    """Train on scenes that `draw` makes, keep the averaged weights that score best on `val`; the path of best.safetensors.

    On `device()`, where the net stays, also while `val` scores it. Resumable at a check.
    """
    torch.manual_seed(seed)
    net = net.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    how = Augmentation(stain=0.6, light=0.4, blur=0.3, noise=7)
    course = Course(out, net, optimiser)
    where = device_of(net)
    rng = np.random.default_rng(seed + course.position)
    generator = torch.Generator().manual_seed(seed + course.position)
    began_s, losses = time.monotonic(), []
    for step in range(course.position, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 60) * max(0.02, (1 - step / steps) ** 0.9)
        scenes = [draw(rng) for _ in range(batch)]
        pictures = np.stack([_softened(rgb, rng) for rgb, _, _ in scenes])
        heat, is_labelled = (torch.from_numpy(np.stack(part)).to(where) for part in list(zip(*scenes, strict=True))[1:])
        x = restain(torch.from_numpy(pictures).to(where).permute(0, 3, 1, 2).float(), how, generator)
        net.train()
        loss = heat_loss(net(x.contiguous(memory_format=torch.channels_last)), heat, is_labelled)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        blend(course.mean, net, min(0.995, (1 + step) / (10 + step)))
        if (step + 1) % check_every and step + 1 < steps:
            continue
        with wearing(net, course.mean):
            score = val(net.eval())
        loss_now, seconds = float(np.mean(losses[-100:])), time.monotonic() - began_s
        log(f"step {step + 1}/{steps} loss {loss_now:.4f} val {score:.4f} {seconds:.0f} s")
        course.mark(step + 1, loss_now, score, round(seconds, 1))
    return course.weights


def _softened(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A third of the pictures out of focus, by up to two pixels."""
    if rng.random() > 0.33:
        return rgb
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), float(rng.uniform(0.3, 2.0))), np.uint8)
