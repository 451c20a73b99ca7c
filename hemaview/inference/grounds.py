"""The ground of a picture place by place: a scan may hold several films, photographs or lights."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import ground_of, rescale

MAP_MPP = 1.0
"""µm/px of the map."""
REACH_UM = 31.0
"""Ground is looked for in squares of this side: four red cells that lie in a row leave some."""
GROUND_SHARE = 0.97
"""What has this share of the light of the lightest place around it is ground."""
SMOOTH_UM = 6.0
"""Standard deviation over which the ground's colour is averaged."""


@dataclass(frozen=True)
class Grounds:
    """The ground's colours over a part of a slide."""

    colours: NDArray[np.float32]
    """float32 (h, w, 3), 0-255."""
    corner: tuple[float, float]
    """Where the part begins (x, y), level-0 px."""
    step: tuple[float, float]
    """Level-0 px (x, y) to one of the colours."""

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float32]:
        """The ground's colour float32 (n, 3) at points (n, 2: x, y), level-0 px; outside the part that of its edge."""
        h, w = self.colours.shape[:2]
        x = np.clip(((points[:, 0] - self.corner[0]) / self.step[0]).astype(int), 0, w - 1)
        y = np.clip(((points[:, 1] - self.corner[1]) / self.step[1]).astype(int), 0, h - 1)
        return self.colours[y, x]


def one_ground(rgb: NDArray[np.uint8]) -> Grounds:
    """That of a picture uint8 (H, W, 3) taken at once under one light: a photograph."""
    return Grounds(ground_of(rgb).astype(np.float32)[None, None], (0.0, 0.0), (1.0, 1.0))


def grounds_of(rgb: NDArray[np.uint8], mpp: float, corner: tuple[float, float], scale: tuple[float, float]) -> Grounds:
    """Those of a scan's picture uint8 (H, W, 3) at `mpp` µm/px, whose corner and `scale`, level-0 px to one of its px, are
    given.

    A morphological closing follows the light of the ground over the cells and keeps the line where one ground ends and
    another begins (Serra 1982); what is nearly as light is averaged.
    """
    small = rescale(rgb, mpp / MAP_MPP).astype(np.float32)
    light = cv2.blur(small.sum(axis=2), (3, 3))
    side = round(REACH_UM / MAP_MPP)
    lightest = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    is_ground = (light >= GROUND_SHARE * lightest).astype(np.float32)
    sigma = SMOOTH_UM / MAP_MPP
    weight = cv2.GaussianBlur(is_ground, (0, 0), sigma)[..., None]
    colours = cv2.GaussianBlur(small * is_ground[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)
    colours = np.where(weight > 1e-4, colours, small.max(axis=(0, 1)))
    step = scale[0] * rgb.shape[1] / small.shape[1], scale[1] * rgb.shape[0] / small.shape[0]
    return Grounds(colours.astype(np.float32), corner, step)
