"""Train a classifier of cell crops: seeded, resumable at an epoch, early stopping on val, weights averaged over steps.

A label may allow several classes ("an immature granulocyte of some stage"): the loss is -log of their summed
probability.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from hemaview.learning.engine.augment import Augmentation, augment, sent
from hemaview.learning.engine.averaging import blend, wearing
from hemaview.learning.engine.course import Course, autocast, device, device_of, memory_named, use_cores
from hemaview.learning.engine.stainbank import moments_of, moved


@dataclass(frozen=True)
class Recipe:
    """How a classifier is trained."""

    classes: tuple[str, ...]
    """Its outputs, in order."""
    input_px: int
    """Side of the square that it is shown."""
    epochs: int = 6
    """At most."""
    batch: int = 48
    """Pictures at once."""
    rate: float = 1.5e-3
    """The largest of the schedule."""
    weight_decay: float = 1e-4
    """Of AdamW."""
    balance: float = 0.5
    """Power of a class's frequency by which rare ones are drawn more often; 1: all come equally often."""
    smoothing: float = 0.05
    """Share of the target that all classes hold alike."""
    average: float = 0.998
    """Decay of the mean of the weights, a step."""
    patience: int = 4
    """Epochs without a better score after which it stops."""
    films: float = 0.0
    """Share of batches that are one film's: of one source, with classes in a mixture of its own, and one stain, light, size and
    focus."""
    seed: int = 20261121
    """Of all that is left to chance."""
    restained: float = 0.0
    """Share of films that are moved to the stain of another source, part of the way or all of it."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How pictures of films are changed."""
    at_home: Augmentation | None = None
    """How those of the other batches are, where another way."""


@dataclass(frozen=True)
class Pool:
    """Training or validation pictures of one source."""

    images: NDArray[np.uint8]
    """uint8 (n, H, W, 3)."""
    allowed: NDArray[np.bool_]
    """Which classes each may be, bool (n, classes)."""
    scale: float = 1.0
    """How many times as often as others they are drawn."""
    film: bool = True
    """Whether a batch may be of it alone."""


@memory_named()
def train_classifier(
    net: nn.Module,
    recipe: Recipe,
    train: Sequence[Pool],
    val: Sequence[Pool],
    out: Path,
    log: Callable[[str], None] = print,
    stains: NDArray[np.float32] | None = None,
) -> Path:
    """Train on `device()`, where the net stays; resumable at an epoch (`Course` says what is written to `out`); the path
    of best.safetensors.

    Without val pools the weights of the last epoch are the best. `stains` float32 (k, 3, 3), of `stainbank.stains_of`, are
    those that films are moved to.
    """
    out.mkdir(parents=True, exist_ok=True)
    use_cores()
    torch.manual_seed(recipe.seed)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1))
    net = net.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
    course = Course(out, net, optimiser)
    index, weight = _draw_weights(train, recipe.balance)
    sources = [_Source.of(pool, device_of(net)) for pool in train]
    steps = max(1, len(index) // recipe.batch)
    for epoch in range(course.position, recipe.epochs):
        generator = torch.Generator().manual_seed(recipe.seed + epoch)
        began_s, losses = time.monotonic(), []
        net.train()
        order = torch.multinomial(weight, steps * recipe.batch, replacement=True, generator=generator)
        for step in range(steps):
            progress = (epoch + step / steps) / recipe.epochs
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * _schedule(progress, 0.08)
            one_film = float(torch.rand(1, generator=generator)) < recipe.films
            if one_film:
                rows = _film(train, index, weight, recipe.batch, generator)
            else:
                rows = order[step * recipe.batch : (step + 1) * recipe.batch].numpy()
            x, allowed = _batch(sources, index[rows], recipe, generator, one_film, stains)
            with autocast(x.device):
                logits = net(x.to(memory_format=torch.channels_last))
            loss = partial_label_loss(logits.float(), allowed, recipe.smoothing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            losses.append(loss.detach())
            decay = min(recipe.average, (1 + epoch * steps + step) / (10 + epoch * steps + step))
            blend(course.mean, net, decay)
            if step % 50 == 0:
                log(f"epoch {epoch + 1}/{recipe.epochs} step {step}/{steps} loss {_mean(losses[-50:]):.4f}")
        with wearing(net, course.mean):
            score, accuracy = _validate(net, val, recipe) if val else (float(epoch + 1), float("nan"))
        seconds = time.monotonic() - began_s
        log(
            f"epoch {epoch + 1}: loss {_mean(losses):.4f} val macro {score:.4f} accuracy {accuracy:.4f} {seconds:.0f} s"
        )
        course.mark(epoch + 1, _mean(losses), score, accuracy, round(seconds, 1))
        if course.waited >= recipe.patience:
            log(f"no better for {course.waited} epochs: stopped")
            break
    return course.weights


def partial_label_loss(logits: Tensor, allowed: Tensor, smoothing: float = 0.0) -> Tensor:
    """-log Σ p over the allowed classes, mixed with a uniform target; logits (N, C), allowed bool (N, C)."""
    log_p = functional.log_softmax(logits, dim=1)
    own = torch.logsumexp(log_p.masked_fill(~allowed, float("-inf")), dim=1)
    return -((1 - smoothing) * own + smoothing * log_p.mean(dim=1)).mean()


@torch.inference_mode()
def predict(
    net: nn.Module, images: NDArray[np.uint8], input_px: int, batch: int = 128, bf16: bool | None = None
) -> NDArray[np.float32]:
    """Logits float32 (n, classes) of centre crops (or enlarged pictures) of input_px."""
    net.eval()
    where, answers = device_of(net), []
    for i in range(0, len(images), batch):
        x = torch.from_numpy(np.ascontiguousarray(images[i : i + batch])).to(where).permute(0, 3, 1, 2).float()
        x = fit(x, input_px).to(memory_format=torch.channels_last)
        with autocast(where, bf16):
            answers.append(net(x).float().cpu())
    return torch.cat(answers).numpy() if answers else np.zeros((0, 0), np.float32)


def fit(x: Tensor, input_px: int) -> Tensor:
    """The centre of input_px of larger pictures; smaller ones are enlarged."""
    side = x.shape[-1]
    if side >= input_px:
        at = (side - input_px) // 2
        return x[..., at : at + input_px, at : at + input_px]
    return functional.interpolate(x, size=(input_px, input_px), mode="bilinear", align_corners=False)


def _film(
    pools: Sequence[Pool], index: NDArray[np.int64], weight: Tensor, n: int, generator: torch.Generator
) -> NDArray[np.int64]:
    """n lines of `index` as one film holds them: of one pool, its classes in a drawn mixture."""
    share = torch.tensor([p.scale * len(p.images) * p.film for p in pools])
    pool = int(torch.multinomial(share, 1, generator=generator))
    own = np.flatnonzero(index[:, 0] == pool)
    classes = pools[pool].allowed[index[own, 1]].argmax(axis=1)
    # Exponential chances to the power 1.5: some films hold little but one class, others all.
    mixture = torch.empty(pools[pool].allowed.shape[1]).exponential_(generator=generator) ** 1.5
    chance = weight[torch.from_numpy(own)] * mixture[torch.from_numpy(classes)]
    return np.asarray(own[torch.multinomial(chance, n, replacement=True, generator=generator).numpy()])


@dataclass(frozen=True)
class _Source:
    """A pool where the net is: away from the CPU its pictures go there once."""

    images: Tensor | NDArray[np.uint8]
    allowed: Tensor
    where: torch.device

    @classmethod
    def of(cls, pool: Pool, where: torch.device) -> _Source:
        elsewhere = where.type != "cpu"
        images = torch.from_numpy(np.ascontiguousarray(pool.images)).to(where) if elsewhere else pool.images
        return cls(images, torch.from_numpy(pool.allowed).to(where), where)

    def pictures(self, rows: NDArray[np.int64]) -> Tensor:
        """float (n, 3, H, W) in 0-255."""
        if isinstance(self.images, Tensor):
            some = self.images[sent(torch.from_numpy(rows), self.where)]
        else:
            some = torch.from_numpy(np.ascontiguousarray(self.images[rows]))
        return some.permute(0, 3, 1, 2).float()

    @cached_property
    def moments(self) -> Tensor:
        """Those of its stain (`stainbank.moments_of`), by some of its pictures; on the CPU."""
        n = len(self.allowed)
        return moments_of(self.pictures(np.arange(0, n, max(1, n // OF_A_STAIN)))).cpu()


OF_A_STAIN = 256
"""So many of a source's pictures tell its stain."""


def _batch(
    sources: Sequence[_Source],
    pool_rows: NDArray[np.int64],
    recipe: Recipe,
    generator: torch.Generator,
    one_film: bool = False,
    stains: NDArray[np.float32] | None = None,
) -> tuple[Tensor, Tensor]:
    by_side: dict[int, list[tuple[Tensor, Tensor]]] = {}
    for number, source in enumerate(sources):
        rows = pool_rows[pool_rows[:, 0] == number, 1]
        if not len(rows):
            continue
        x = source.pictures(rows)
        if one_film and stains is not None and len(stains):
            chances = torch.rand(3, generator=generator).tolist()
            if chances[0] < recipe.restained:
                wanted = torch.from_numpy(stains[int(chances[1] * len(stains))])
                x = moved(x, source.moments, wanted, chances[2])
        by_side.setdefault(x.shape[-1], []).append((x, source.allowed[sent(torch.from_numpy(rows), source.where)]))
    how = recipe.augmentation if one_film or recipe.at_home is None else recipe.at_home
    pictures = [
        augment(torch.cat([x for x, _ in parts]), recipe.input_px, how, generator, one_film)
        for parts in by_side.values()
    ]
    return torch.cat(pictures), torch.cat([labels for parts in by_side.values() for _, labels in parts])


def _mean(losses: Sequence[Tensor]) -> float:
    return float(torch.stack(list(losses)).mean())


def _draw_weights(pools: Sequence[Pool], balance: float) -> tuple[NDArray[np.int64], Tensor]:
    index = np.concatenate(
        [np.stack([np.full(len(p.images), i), np.arange(len(p.images))], 1) for i, p in enumerate(pools)]
    ).astype(np.int64)
    allowed = np.concatenate([p.allowed for p in pools])
    single = allowed.sum(axis=1) == 1
    frequency = np.maximum(allowed[single].sum(axis=0), 1)
    per_class = (frequency.astype(float) ** -balance) * frequency.mean() ** balance
    weight = np.where(single, per_class[allowed.argmax(axis=1)], 0.7)
    weight *= np.concatenate([np.full(len(p.images), p.scale) for p in pools])
    return index, torch.from_numpy(weight)


def _validate(net: nn.Module, pools: Sequence[Pool], recipe: Recipe) -> tuple[float, float]:
    """Macro recall over the classes with at least 5 val images (the accuracy where there is none), and accuracy; set-valued
    labels count as hit by any."""
    hits: list[NDArray[np.bool_]] = []
    labels: list[NDArray[np.int64]] = []
    for pool in pools:
        logits = predict(net, pool.images, recipe.input_px)
        best = logits.argmax(axis=1)
        hits.append(pool.allowed[np.arange(len(best)), best])
        labels.append(np.where(pool.allowed.sum(axis=1) == 1, pool.allowed.argmax(axis=1), -1))
    is_hit, label = np.concatenate(hits), np.concatenate(labels)
    recalls = [is_hit[label == c].mean() for c in np.unique(label[label >= 0]) if (label == c).sum() >= 5]
    return float(np.mean(recalls or is_hit)), float(is_hit.mean())


def _schedule(progress: float, warm: float) -> float:
    if progress < warm:
        return 0.05 + 0.95 * progress / warm
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm)))


def load_weights(net: nn.Module, path: Path) -> nn.Module:
    """Weights from safetensors (half precision is widened)."""
    net.load_state_dict({k: v.float() if v.dtype == torch.float16 else v for k, v in load_file(path).items()})
    return net
