"""Teach a trained net by a laboratory's own few cells: all but its first layers learn on, gently, in a minute or two.

The first layers, whose statistics are each film's own (`inference.filmstatistics`), stay as they are: what was taken of a film
for the shipped net is then right for the taught one. Classes of which there is no cell are left out of the loss: nothing says
that they do not occur.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from hemaview.learning.engine.augment import Augmentation, augment
from hemaview.learning.engine.classify import partial_label_loss

RATE = 3e-4
"""Of raabin-wbc's cells named by a net that had not learned from it, 40 labels: macro F1 0.949, as with 1e-3; a last layer
alone 0.905."""
BATCH, EPOCHS = 32, 25
FEWEST_STEPS, MOST_STEPS = 30, 60
CHANGES = Augmentation(scale=0.12, shift=0.04, stain=0.1, light=0.08, blur=0.15, noise=3)
"""A laboratory's cells are changed little: its stain and its camera are what is learned."""
SMOOTHING = 0.05


@dataclass(frozen=True)
class Film:
    """Labelled cells of one film."""

    images: NDArray[np.uint8]
    """As the net is shown them, uint8 (n, side, side, 3)."""
    allowed: NDArray[np.bool_]
    """Which classes each is, bool (n, classes)."""
    statistics: Mapping[str, Tensor]
    """What the net's first layers take from the film; {} for nothing."""

    def take(self, rows: NDArray[np.int64]) -> Film:
        """Those of its cells, in that order."""
        return Film(self.images[rows], self.allowed[rows], self.statistics)


def teach(
    net: nn.Module,
    films: Sequence[Film],
    layers: int,
    step: Callable[[float], None] = lambda share: None,
    seed: int = 7,
) -> dict[str, Tensor]:
    """The tensors of a copy of `net` that learned on from the films' cells, by name; those of its first `layers` batch
    normalisations, and what stands before them, are not among them. `step` hears how much of it is done, 0 to 1."""
    net = copy.deepcopy(net).eval()
    fixed = before_normalisation(net, layers)
    learned = {name: p for name, p in net.named_parameters() if name not in fixed}
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(name in learned)
    generator = torch.Generator().manual_seed(seed)
    film_of = np.concatenate([np.full(len(film.images), i) for i, film in enumerate(films)])
    row_of = np.concatenate([np.arange(len(film.images)) for film in films])
    allowed = torch.from_numpy(np.concatenate([film.allowed for film in films]))
    labelled = allowed.any(dim=0)
    draw = _balanced(allowed)
    steps = int(np.clip(EPOCHS * len(film_of) / BATCH, FEWEST_STEPS, MOST_STEPS))
    optimiser = torch.optim.AdamW(learned.values(), lr=RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.2)
    with torch.enable_grad():
        for number in range(steps):
            rows = torch.multinomial(draw, BATCH, replacement=True, generator=generator).numpy()
            losses = []
            for i in np.unique(film_of[rows]):
                own = rows[film_of[rows] == i]
                x = torch.from_numpy(np.ascontiguousarray(films[i].images[row_of[own]])).permute(0, 3, 1, 2).float()
                x = augment(x, x.shape[-1], CHANGES, generator)
                logits = functional_call(net, dict(films[i].statistics), (x,))
                losses.append(
                    len(own)
                    * partial_label_loss(logits[:, labelled], allowed[torch.from_numpy(own)][:, labelled], SMOOTHING)
                )
            optimiser.zero_grad(set_to_none=True)
            torch.stack(losses).sum().div(BATCH).backward()
            optimiser.step()
            schedule.step()
            step((number + 1) / steps)
    return {name: parameter.detach().clone() for name, parameter in learned.items()}


@torch.inference_mode()
def logits_of(net: nn.Module, tensors: Mapping[str, Tensor], pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits float32 (n, classes) of pictures uint8 (n, side, side, 3) by the net with other `tensors`."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    parts = [functional_call(net, dict(tensors), (part.float(),)) for part in x.split(64)]
    return np.asarray(torch.cat(parts).numpy(), np.float32) if parts else np.zeros((0, 0), np.float32)


def before_normalisation(net: nn.Module, layers: int) -> frozenset[str]:
    """Names of the parameters of the first `layers` batch normalisations and of all that stands before the last of them."""
    names: list[str] = []
    count = 0
    for name, module in net.named_modules():
        if count == layers:
            break
        names += [f"{name}.{key}" if name else key for key, _ in module.named_parameters(recurse=False)]
        count += isinstance(module, nn.BatchNorm2d)
    return frozenset(names)


def _balanced(allowed: Tensor) -> Tensor:
    """float (n,): how often each cell is drawn; of a class with four times as many cells each half as often."""
    own = allowed.float() / allowed.float().sum(dim=1, keepdim=True)
    of_class = own.sum(dim=0).clamp_min(1e-6)
    return (own / of_class.sqrt()).sum(dim=1)
