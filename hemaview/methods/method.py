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
    """An architecture under the name of its model; `build` takes the number of classes.

    task: segmentation (whole fields into cells), classification (cells), mask (each pixel of a picture), points (centres
    in a picture), centres (of cells at low power, a coarse map), detection (boxes) or outline (shapes of masks).
    `instances` makes cells of a segmentation's probabilities (classes, H, W) and the least size in px; `prepare` changes
    a picture before the net sees it; `traceable` is False where the net's path depends on its input, so that no other
    runtime can take it over; `solve_to` sets the tolerance of a net that solves equations; `beside` is a model it needs;
    `members` are the models that a committee asks and whose weights are its own; `build_on` takes the name of another
    backbone too, where there is one to choose. Methods that are not `shipped` can be trained but bring no weights.
    """

    name: str
    title: str
    task: str
    summary: str
    source: str
    build: Callable[[int], nn.Module]
    prepare: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None
    instances: Callable[[NDArray[np.float32], int], NDArray[np.int32]] = split
    traceable: bool = True
    solve_to: Callable[[nn.Module, float], None] | None = None
    beside: str = ""
    members: tuple[str, ...] = ()
    shipped: bool = True
    build_on: Callable[[int, str], nn.Module] | None = None

    def net(self, classes: int, backbone: str = "") -> nn.Module:
        """The net, on the backbone that its card names, else on its own."""
        return self.build_on(classes, backbone) if self.build_on and backbone else self.build(classes)
