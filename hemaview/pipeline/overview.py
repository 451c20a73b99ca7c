"""Where on a marrow smear cells are counted: the particles and trails that a model finds on the slide's overview.

The coarse level of Wang et al. (§3.1.1, equations 1 and 2): regions found at low magnification, brought to level 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Detector
from hemaview.wsi.slide import Slide

LEAST_REGION = 0.5
"""Score from which a box is a region."""
WITHIN = 0.5
"""A field is of a region where this share of the smaller of the two lies in the other."""

Place = tuple[int, int, int, int]


def regions_on(rgb: NDArray[np.uint8], detector: Detector) -> NDArray[np.float32]:
    """Boxes float32 (n, 4: x0, y0, x1, y1) px of the regions on an overview uint8 (H, W, 3)."""
    boxes = detector.detect(rgb)
    return boxes.boxes[boxes.scores >= LEAST_REGION]


def regions_of(slide: Slide, detector: Detector) -> NDArray[np.float64]:
    """The regions of a slide, level-0 px (n, 4: x0, y0, x1, y1), found on the picture nearest to what the model is shown."""
    rgb = slide.thumbnail(detector.info.input_px)
    scale = np.array([slide.width_px / rgb.shape[1], slide.height_px / rgb.shape[0]] * 2)
    return np.asarray(regions_on(rgb, detector) * scale, np.float64)


def places_within(places: list[Place], regions: NDArray[np.float64]) -> list[Place]:
    """The places (x, y, w, h), level-0 px, that lie in a region."""
    inside = []
    for x, y, w, h in places:
        low, high = np.maximum(regions[:, :2], (x, y)), np.minimum(regions[:, 2:], (x + w, y + h))
        both = np.clip(high - low, 0, None).prod(axis=1)
        smaller = np.minimum((regions[:, 2:] - regions[:, :2]).prod(axis=1), w * h)
        if (both >= WITHIN * np.maximum(smaller, 1)).any():
            inside.append((x, y, w, h))
    return inside
