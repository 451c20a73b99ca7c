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
    places = peak_local_max(smooth, min_distance=APART_PX, threshold_abs=least, exclude_border=False)
    if not len(places):
        return np.zeros((0, 3))
    height = smooth[places[:, 0], places[:, 1]]
    order = np.argsort(-height, kind="stable")
    return np.stack([places[order, 1], places[order, 0], height[order]], axis=1).astype(np.float64)


def coarse_peaks(heat: NDArray[np.float32], least: float, stride: int) -> NDArray[np.float64]:
    """float64 (n, 3: x, y px of the picture, height), highest first, of a map (H, W) with `stride` picture px to one of its
    own: where a pixel is the highest of its eight neighbours. Places are means of those nine, weighted by their height."""
    around = ndimage.maximum_filter(heat, 3, mode="constant")
    y, x = np.nonzero((heat == around) & (heat >= least))
    if not len(y):
        return np.zeros((0, 3))
    padded = np.pad(heat, 1)
    nine = np.stack([padded[y + i, x + j] for i in range(3) for j in range(3)], axis=1).astype(np.float64)
    step = np.array([(j - 1, i - 1) for i in range(3) for j in range(3)], np.float64)
    centre = np.stack([x, y], axis=1) + 0.5 + (nine @ step) / nine.sum(axis=1, keepdims=True)
    height = heat[y, x].astype(np.float64)
    order = np.argsort(-height, kind="stable")
    return np.concatenate([centre * stride, height[:, None]], axis=1)[order]
