"""Circular, elongated or other from the outline of a cell alone: ten measures of its mask, weighed linearly."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops
from torch import Tensor, nn

MEASURES = (
    "axis_ratio", "circularity", "solidity", "box_ratio", "area", "extent", "hu_1", "hu_2", "hu_3", "hu_4",
)  # fmt: skip
AREA_UNIT_PX = 1000.0
TYPICAL_PX = 1890.0
"""Median area of the circular cells that the weights learned from: masks of other pictures are brought to it."""


def outline_measures(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """float32 (10,): MEASURES of the largest part of a mask (H, W); zeros where the mask is empty.

    Ratios of axes (of the moments, of the smallest turned box), 4π area / perimeter², area over convex hull and over
    box, area in thousands of px, logarithms of the first four moments of Hu (1962).
    """
    parts, n = ndimage.label(mask)
    if not n:
        return np.zeros(len(MEASURES), np.float32)
    sizes = np.bincount(parts.ravel())
    cell = regionprops((parts == int(sizes[1:].argmax()) + 1).astype(np.uint8))[0]
    sides = cv2.minAreaRect(np.argwhere(cell.image).astype(np.float32))[1]
    hu = np.asarray(cell.moments_hu[:4])
    return np.array(
        [
            cell.axis_minor_length / max(cell.axis_major_length, 1e-6),
            4 * np.pi * cell.area / max(cell.perimeter, 1.0) ** 2,
            cell.solidity,
            min(sides) / max(max(sides), 1e-6),
            cell.area / AREA_UNIT_PX,
            cell.extent,
            *(np.sign(hu) * np.log10(np.abs(hu) + 1e-12)),
        ],
        np.float32,
    )


class OutlineNet(nn.Module):
    """Measures (N, 10) to logits (N, classes): standardised, with their products, weighed linearly."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        n = len(MEASURES)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("scale", torch.ones(n))
        self.last = nn.Linear(n + n * (n + 1) // 2, classes)

    def terms(self, x: Tensor) -> Tensor:
        """(N, 65): the standardised measures and the product of each two."""
        z = (x.float() - self.mean) / self.scale
        rows, columns = torch.triu_indices(z.shape[1], z.shape[1])
        return torch.cat([z, z[:, rows] * z[:, columns]], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(self.terms(x))
        return logits
