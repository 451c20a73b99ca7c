"""How a cell looks, in few numbers: what the net that names it saw, for telling which cells look alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP = 4 / 127
"""Brought to the length √numbers, a number has mean 0 and variance 1: beyond four standard deviations it is cut off."""


def embedded(features: NDArray[np.float32]) -> NDArray[np.int8]:
    """int8 (n, numbers) of what `methods.features.WithFeatures` gives of n cells, each brought to one length; zeros of a cell
    of which any number is not finite, or all are 0."""
    whole = np.isfinite(features).all(axis=1, keepdims=True)
    numbers = np.where(whole, features, 0).astype(np.float64)
    length = np.linalg.norm(numbers, axis=1, keepdims=True) / np.sqrt(features.shape[1])
    return np.clip(np.rint(numbers / np.maximum(length, 1e-9) / STEP), -127, 127).astype(np.int8)
