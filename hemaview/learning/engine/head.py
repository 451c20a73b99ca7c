"""A last layer of a laboratory's own, from a few of its cells: near the shipped one, as far from it as the cells ask for.

Only the last layer is learned (logistic regression on the net's features, pulled towards the shipped weights), on two cores
in seconds; what the net sees is not forgotten, for nothing else changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

PULL = 3.0
"""How strongly the shipped weights hold, in cells: chosen on raabin-wbc's train side by a net that had not learned from it."""
STEPS = 60


@dataclass(frozen=True)
class Head:
    """weight float32 (classes, features), bias float32 (classes,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (n, classes) of features (n, features)."""
        return np.asarray(features @ self.weight.T + self.bias, np.float32)


def learn_head(shipped: Head, features: NDArray[np.float32], truth: NDArray[np.int64], pull: float = PULL) -> Head:
    """The head for cells with features (n, features) and class numbers (n,), from the shipped one.

    The loss is the mean over classes of the cells' cross-entropies, each class alike, and `pull` times the squared distance
    from the shipped weights in units of each feature's spread.
    """
    x, y = torch.from_numpy(features), torch.from_numpy(truth)
    spread = x.std(dim=0).clamp_min(1e-3)
    weight, bias = torch.from_numpy(shipped.weight), torch.from_numpy(shipped.bias)
    step = torch.zeros_like(weight, requires_grad=True)
    shift = torch.zeros_like(bias, requires_grad=True)
    share = 1.0 / torch.bincount(y, minlength=len(bias)).clamp_min(1).float()[y]
    share = share / share.sum()
    optimiser = torch.optim.LBFGS([step, shift], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = functional.linear(x, weight + step / spread, bias + shift)
        each = functional.cross_entropy(logits, y, reduction="none")
        value = (each * share).sum() + pull * (step**2).sum() / len(y) + 0.01 * (shift**2).sum()
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(loss)
    learned = (weight + step / spread).detach().numpy(), (bias + shift).detach().numpy()
    return Head(np.asarray(learned[0], np.float32), np.asarray(learned[1], np.float32))


def merged(shipped: Head, classes: tuple[str, ...], groups: dict[str, str], names: tuple[str, ...]) -> Head:
    """The shipped head over a laboratory's classes `names`: each takes the likeliest of those of ours that `groups` says are
    it (their mean weights); a class that we lack begins at nothing."""
    weight = np.zeros((len(names), shipped.weight.shape[1]), np.float32)
    bias = np.full(len(names), float(shipped.bias.min()), np.float32)
    for row, name in enumerate(names):
        own = [i for i, c in enumerate(classes) if groups.get(c, c) == name]
        if own:
            weight[row], bias[row] = shipped.weight[own].mean(axis=0), shipped.bias[own].mean()
    return Head(weight, bias)
