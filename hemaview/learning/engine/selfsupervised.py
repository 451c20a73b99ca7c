"""Teach an encoder by pictures without labels: two views of one cell shall mean the same (BYOL, Grill et al. 2020).

A view is the cell turned, resized, restained, blurred and stored as another laboratory might. One net says of the first view what
a slowly following mean of itself says of the second; labels are not asked.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from hemaview.learning.engine.augment import Augmentation, augment, sent
from hemaview.learning.engine.averaging import blend
from hemaview.learning.engine.course import Course, autocast, device, device_of, memory_named, use_cores
from hemaview.methods.efficientnet import EfficientNet

HIDDEN, MEANING = 1024, 256


@dataclass(frozen=True)
class PretrainRecipe:
    """How an encoder is taught without labels."""

    input_px: int
    """Side of the square that it is shown."""
    epochs: int = 40
    batch: int = 256
    """Cells at once, each in two views."""
    rate: float = 6e-4
    """The largest of the schedule."""
    weight_decay: float = 0.02
    """Of AdamW."""
    momentum: float = 0.99
    """Decay of the mean that the net follows, a step; it rises to 1."""
    seed: int = 20261129
    """Of all that is left to chance."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How views differ."""


class TwoViews(nn.Module):
    """An encoder with what stands on it while it is taught: a projection, and a prediction of the other view's."""

    def __init__(self, encoder: EfficientNet) -> None:
        super().__init__()
        self.encoder = encoder
        self.projection = _head(encoder.gives_features)
        self.prediction = _head(MEANING)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of pictures float (N, 3, H, W) in 0-255 the projection and the prediction, (N, MEANING) each."""
        projection = self.projection(self.encoder.features(x))
        return projection, self.prediction(projection)


def _head(inside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inside, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(inplace=True), nn.Linear(HIDDEN, MEANING)
    )


@memory_named()
def pretrain(
    encoder: EfficientNet,
    sources: Sequence[NDArray[np.uint8]],
    recipe: PretrainRecipe,
    out: Path,
    log: Callable[[str], None] = print,
) -> Path:
    """Teach `encoder` by pictures uint8 (n, H, W, 3) of every source, on `device()`; resumable at an epoch. Returns
    encoder.safetensors in `out`: the encoder's weights, without the layer that names classes."""
    out.mkdir(parents=True, exist_ok=True)
    use_cores()
    torch.manual_seed(recipe.seed)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1))
    net = TwoViews(encoder).to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    target = copy.deepcopy(net).requires_grad_(False)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
    course = Course(out, net, optimiser)
    target.load_state_dict(course.mean)
    where = device_of(net)
    shelves = [torch.from_numpy(np.ascontiguousarray(s)).to(where) if where.type != "cpu" else s for s in sources]
    index = np.concatenate([np.stack([np.full(len(s), i), np.arange(len(s))], 1) for i, s in enumerate(sources)])
    steps = max(1, len(index) // recipe.batch)
    for epoch in range(course.position, recipe.epochs):
        generator = torch.Generator().manual_seed(recipe.seed + epoch)
        began_s, losses, spreads = time.monotonic(), list[Tensor](), list[Tensor]()
        order = torch.randperm(len(index), generator=generator).numpy()
        net.train()
        target.train()
        for step in range(steps):
            progress = (epoch + step / steps) / recipe.epochs
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * min(1.0, 0.02 + progress / 0.08) * _falling(progress)
            rows = index[order[step * recipe.batch : (step + 1) * recipe.batch]]
            first, second = (_views(shelves, rows, recipe, generator, where) for _ in range(2))
            loss, spread = _loss(net, target, first, second)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            decay = 1 - (1 - recipe.momentum) * _falling(progress)
            blend(course.mean, net, decay)
            _follow(target, course.mean)
            losses.append(loss.detach())
            spreads.append(spread)
            if step % 50 == 0:
                log(f"epoch {epoch + 1}/{recipe.epochs} step {step}/{steps} loss {float(loss.detach()):.4f}")
        mean, spread_of = float(torch.stack(losses).mean()), float(torch.stack(spreads).mean())
        seconds = time.monotonic() - began_s
        # Alike for all cells (a spread of 0) would mean that it learned nothing; 1 is as far apart as can be.
        log(f"epoch {epoch + 1}: loss {mean:.4f} spread {spread_of:.3f} {seconds:.0f} s")
        course.mark(epoch + 1, mean, float(epoch + 1), spread_of, round(seconds, 1))
    return encoder_in(out, course.mean)


def encoder_in(out: Path, state: dict[str, Tensor]) -> Path:
    """The encoder's part of the state of a TwoViews as a file in `out`."""
    part = {k.removeprefix("encoder."): v.contiguous().cpu() for k, v in state.items() if k.startswith("encoder.")}
    path = out / "encoder.safetensors"
    save_file({k: v for k, v in part.items() if not k.startswith("_fc.")}, path)
    return path


def start_from_encoder(net: EfficientNet, path: Path) -> None:
    """Take the weights that `pretrain` wrote, all but the last layer's; raises ValueError where they are another net's."""
    missing = net.load_state_dict(load_file(path), strict=False)
    lacking = [k for k in missing.missing_keys if not k.startswith("_fc.")]
    if lacking or missing.unexpected_keys:
        raise ValueError(f"These are not an encoder's weights: {(lacking or missing.unexpected_keys)[0]}")


def _views(
    shelves: Sequence[Tensor | NDArray[np.uint8]],
    rows: NDArray[np.int64],
    recipe: PretrainRecipe,
    generator: torch.Generator,
    where: torch.device,
) -> Tensor:
    """One view of each cell, float (n, 3, input_px, input_px), in the order of the rows (n, 2: source, picture); the pictures of
    all sources are of one size."""
    views, places = [], []
    for number, shelf in enumerate(shelves):
        at = np.flatnonzero(rows[:, 0] == number)
        if not len(at):
            continue
        own = rows[at, 1]
        if isinstance(shelf, Tensor):
            some = shelf[sent(torch.from_numpy(own), where)]
        else:
            some = torch.from_numpy(np.ascontiguousarray(shelf[own]))
        views.append(some)
        places.append(at)
    x = torch.cat(views).permute(0, 3, 1, 2).float()
    back = sent(torch.from_numpy(np.argsort(np.concatenate(places))), where)
    return augment(x, recipe.input_px, recipe.augmentation, generator)[back]


def _loss(net: nn.Module, target: nn.Module, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """How far the predictions lie from what the following net says of the other view (0-4), and how far the cells' meanings lie
    apart (0-1)."""
    n = len(first)
    x = torch.cat([first, second]).to(memory_format=torch.channels_last)
    with autocast(x.device):
        predicted = net(x)[1]
        with torch.no_grad():
            said = target(x)[0]
    predicted, said = functional.normalize(predicted.float(), dim=1), functional.normalize(said.float(), dim=1)
    other = torch.cat([said[n:], said[:n]])
    spread = said.std(dim=0).mean() * math.sqrt(said.shape[1])
    return 2 - 2 * (predicted * other).sum(dim=1).mean(), spread


def _follow(target: nn.Module, mean: dict[str, Tensor]) -> None:
    own = target.state_dict()
    for name, value in mean.items():
        own[name].copy_(value)


def _falling(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
