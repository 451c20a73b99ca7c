"""What a method is to the rest of the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from hemaview.methods.cellsplit import split


@dataclass(frozen=True)
class Method:
    """An architecture under the name of its model."""

    name: str
    """The model's, which its card has too."""
    title: str
    """What people read."""
    task: str
    """segmentation (whole fields into cells), classification (cells), mask (each pixel of a picture), points (centres in a
    picture), centres (of cells at low power, a coarse map), detection (boxes) or outline (shapes of masks)."""
    summary: str
    """What it does, in a sentence."""
    source: str
    """The paper that it follows."""
    build: Callable[[int], nn.Module]
    """The net for a number of classes."""
    prepare: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None
    """Changes a picture before the net sees it."""
    instances: Callable[[NDArray[np.float32], int], NDArray[np.int32]] = split
    """Makes cells of a segmentation's probabilities (classes, H, W) and the least size in px."""
    traceable: bool = True
    """False where the net's path depends on its input, so that no other runtime can take it over."""
    solve_to: Callable[[nn.Module, float], None] | None = None
    """Sets the tolerance of a net that solves equations."""
    beside: str = ""
    """A model that it needs."""
    members: tuple[str, ...] = ()
    """The models that a committee asks, and whose weights are its own."""
    shipped: bool = True
    """False: it can be trained, but brings no weights."""
    build_on: Callable[[int, str], nn.Module] | None = None
    """The net on the backbone of a name, where there is one to choose."""

    def net(self, classes: int, backbone: str = "") -> nn.Module:
        """The net, on the backbone that its card names, else on its own."""
        return self.build_on(classes, backbone) if self.build_on and backbone else self.build(classes)
