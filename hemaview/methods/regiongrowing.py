"""Region growing without learning, the unsupervised baseline of Zhang et al."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max


def region_growing(rgb: NDArray[np.uint8], reach: float = 0.7, distance_px: int = 12) -> NDArray[np.bool_]:
    """Cell or ground of each pixel, bool (H, W), of uint8 (H, W, 3).

    Seeds are the darkest points of the smoothed picture, as far as they are darker than its middle; each takes its
    neighbours as long as they differ from the seed by at most `reach` of the way from the seed's grey to the ground's.
    """
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 2.0)
    ground = float(np.percentile(grey, 95))
    dark = grey < (int(grey.min()) + ground) / 2
    seeds = peak_local_max(255 - grey.astype(np.float32), min_distance=distance_px, labels=dark.astype(np.int32))
    region = np.zeros((grey.shape[0] + 2, grey.shape[1] + 2), np.uint8)
    for y, x in seeds:
        if not region[y + 1, x + 1]:
            tolerance = reach * max(0.0, ground - float(grey[y, x]))
            cv2.floodFill(
                grey, region, (int(x), int(y)), 0, tolerance, tolerance,
                4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (1 << 8),
            )  # fmt: skip
    return np.asarray(ndimage.binary_fill_holes(region[1:-1, 1:-1] > 0))
