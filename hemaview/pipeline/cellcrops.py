"""Cells of a slide as a net that names them is shown them, each on the ground of its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier
from hemaview.pipeline.lowpower import LowPower
from hemaview.wsi.slide import Slide

Views = list[tuple[LowPower, NDArray[np.float64]]]
"""Fields at low power, and cells on each: centres, level-0 px, float64 (n, 2: x, y)."""


def cell_crops(slide: Slide, mpp: float, model: Classifier, views: Views) -> NDArray[np.uint8]:
    """The cells in their order, uint8 (n, input_px, input_px, 3), of a slide of `mpp` µm/px; may raise SlideError."""
    side, crop_px = model.info.input_px * model.info.mpp / mpp, model.info.input_px
    crops = []
    for view, points in views:
        grounds = view.grounds().at(points)
        for (x, y), ground in zip(points, grounds, strict=True):
            rgb = slide.read_scaled(x - side / 2, y - side / 2, side, side, crop_px, crop_px)
            crops.append(model.on_ground(rgb, ground))
    return np.stack(crops) if crops else np.zeros((0, crop_px, crop_px, 3), np.uint8)
