"""What is learned from or scored on, and how: the argument of every reader of sets, training, study and score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import AS_SHIPPED, NetSettings
from hemaview.learning.evidence import Evidence

Camera = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""A picture uint8 (H, W, 3) as another camera would have taken it."""


@dataclass(frozen=True)
class Experiment:
    """Labelled sets and the terms on which they are read."""

    root: Path
    """The folder that holds the sets, each in a folder of its name."""
    free_only: bool = False
    """Whether sets without a free licence are as if they were not there."""
    most_lines: int = 0
    """Of each split a seeded draw of whole pictures with about so many labelled lines; 0: all of it."""
    camera: Camera | None = None
    """Through which every picture is seen; None: as it is."""
    nets: NetSettings = AS_SHIPPED
    """How shipped nets are run, those that are scored and those that prepare pictures."""
    evidence: Evidence = field(default_factory=Evidence, compare=False)
    """What its scores are made of."""
