"""Peaks of a probability map: one point a nucleus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max

BLUR_PX, APART_PX = 2.0, 6


def peaks(probability: NDArray[np.float32], least: float) -> NDArray[np.float64]:
    """float64 (n, 3: x, y, height), highest first, of a map (H, W); peaks are at least APART_PX apart."""
    smooth = ndimage.gaussian_filter(probability, BLUR_PX)
    found = peak_local_max(smooth, min_distance=APART_PX, threshold_abs=least, exclude_border=False)
    if not len(found):
        return np.zeros((0, 3))
    height = smooth[found[:, 0], found[:, 1]]
    order = np.argsort(-height, kind="stable")
    return np.stack([found[order, 1], found[order, 0], height[order]], axis=1).astype(np.float64)
