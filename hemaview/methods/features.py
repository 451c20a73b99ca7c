"""Nets that hand out what they saw beside their answer: the pooled features before the last layer, of the same pass.

What leaves a net is few numbers: the features times a fixed matrix of +1 and -1 (Achlioptas 2003, Database-friendly random
projections). Distances between such numbers are, on average, those between the features. Nothing is fitted, so every such net
has them, also one that a laboratory taught.
"""

from __future__ import annotations

import hashlib
from typing import Protocol, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hemaview.cells.table import EMBEDDED

_DRAWN_FROM = b"hemaview embedding 1"


class HandsOutFeatures(Protocol):
    """A net whose `with_features` gives its answer and its features."""

    gives_features: int
    """How many; 0: none after all."""

    def with_features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """RGB 0-255 (N, 3, H, W) to logits (N, classes), those that the net gives alone, and features (N, f)."""
        ...


def hands_out_features(net: object) -> TypeGuard[HandsOutFeatures]:
    return getattr(net, "gives_features", 0) > 0


class WithFeatures(nn.Module):
    """A net of two outputs of one pass: its logits (N, classes), and its features in EMBEDDED numbers (N, EMBEDDED).

    The features are multiplied here, within what a runtime compiles: a runtime that computes in bf16 would round the features
    otherwise if they were handed out themselves, and change the logits.
    """

    def __init__(self, net: HandsOutFeatures) -> None:
        super().__init__()
        self.net = net
        self.signs: Tensor
        self.register_buffer("signs", torch.from_numpy(signs(net.gives_features)), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, features = self.net.with_features(x)
        return logits, features @ self.signs


def signs(length: int, numbers: int = EMBEDDED) -> NDArray[np.float32]:
    """float32 (length, numbers) of +1 and -1, the same with every library: bits of SHAKE-256."""
    random_bytes = hashlib.shake_256(_DRAWN_FROM).digest(-(-length * numbers // 8))
    bits = np.unpackbits(np.frombuffer(random_bytes, np.uint8))[: length * numbers]
    return bits.reshape(length, numbers).astype(np.float32) * 2 - 1
