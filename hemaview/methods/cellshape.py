"""Circular, elongated or other from measures of one cell: of its outline, and of the light within it."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops
from torch import Tensor, nn
from torch.nn import functional

OUTLINE = (
    "axis_ratio", "circularity", "solidity", "box_ratio", "area", "extent", "hu_1", "hu_2", "hu_3", "hu_4",
)  # fmt: skip
POINTS, WAVES = 128, 8
"""How many points stand for an outline, and how many waves of it are measured."""
BENDS = (2, 12, 64, 116, 126)
"""Places of the curvatures that are measured among all 128, least first."""
MEASURES = (
    *OUTLINE,
    *(f"forward_wave_{i}" for i in range(2, WAVES + 1)),
    *(f"backward_wave_{i}" for i in range(1, WAVES + 1)),
    *(f"curvature_{i}" for i in BENDS), "curvature_spread",
    "radius_least", "radius_largest", "radius_spread", *(f"radius_wave_{i}" for i in range(2, 8)),
    "pallor", "light_spread", "thickness",
)  # fmt: skip
AREA_UNIT_PX = 1000.0
TYPICAL_PX = 1890.0
"""Median area of the circular cells that the weights learned from: masks of other pictures are brought to it."""


def lightness(rgb: NDArray[np.uint8], ground: NDArray[np.bool_]) -> NDArray[np.float32]:
    """float32 (H, W): brightness of a picture (H, W, 3) as a share of the median of its ground (H, W), mean of the channels."""
    shade = np.median(rgb[ground], axis=0) if ground.any() else np.full(3, 255.0)
    return np.asarray((rgb / np.maximum(shade, 1)).mean(axis=2), np.float32)


def cell_measures(mask: NDArray[np.bool_], light: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (43,): MEASURES of the largest part of a mask (H, W) on its `lightness` (H, W); zeros where it is empty.

    Of the outline: ratios of axes (of the moments, of the smallest turned box), 4π area / perimeter², area over convex
    hull and over box, area in thousands of px, logarithms of the first four moments of Hu (1962); logarithms of its
    Fourier descriptors (Zahn & Roskies 1972, of the complex outline), curvatures and radii in units of the radius of a
    disc of its area. Of the light: middle less rim, its standard deviation. Thickness: the largest distance to the rim.
    """
    parts, n = ndimage.label(mask)
    if not n:
        return np.zeros(len(MEASURES), np.float32)
    sizes = np.bincount(parts.ravel())
    own = np.asarray(parts == int(sizes[1:].argmax()) + 1)
    return np.concatenate([_outline(own), _waves(own), _inside(own, light)]).astype(np.float32)


def _outline(own: NDArray[np.bool_]) -> NDArray[np.float64]:
    cell = regionprops(own.astype(np.uint8))[0]
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
        ]
    )


def _waves(own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The outline as POINTS evenly spaced complex numbers: its waves, its curvature without the shortest ones, its radii."""
    outlines, _ = cv2.findContours(own.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    xy = outlines[0][:, 0].astype(float)
    ring = np.concatenate([xy, xy[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    at = np.linspace(0, max(along[-1], 1e-6), POINTS, endpoint=False)
    outline = np.interp(at, along, ring[:, 0]) + 1j * np.interp(at, along, ring[:, 1])
    wave = np.fft.fft(outline)
    round_one = max(abs(wave[1]), abs(wave[-1]), 1e-6)
    turns = (np.abs(wave[1 : WAVES + 1]) / round_one, np.abs(wave[-1 : -WAVES - 1 : -1]) / round_one)
    forward, backward = turns if abs(wave[1]) > abs(wave[-1]) else turns[::-1]
    unit = float(np.sqrt(own.sum() / np.pi))
    k = np.fft.fftfreq(POINTS) * POINTS
    smooth = np.where(np.abs(k) <= WAVES, wave, 0)
    first, second = np.fft.ifft(1j * k * smooth), np.fft.ifft(-(k**2) * smooth)
    bent = (first.real * second.imag - first.imag * second.real) / np.maximum(np.abs(first) ** 3, 1e-6) * unit
    bent *= np.sign(np.median(bent))
    radius = np.abs(outline - outline.mean()) / unit
    beats = np.abs(np.fft.fft(radius))[2:8] / POINTS
    return np.concatenate(
        [
            np.log(forward[1:] + 0.01), np.log(backward + 0.01), np.sort(bent)[list(BENDS)], [bent.std()],
            [radius.min(), radius.max(), radius.std()], np.log(beats + 1e-3),
        ]
    )  # fmt: skip


def _inside(own: NDArray[np.bool_], light: NDArray[np.float32]) -> NDArray[np.float64]:
    depth = cv2.distanceTransform(own.astype(np.uint8), cv2.DIST_L2, 3)
    deepest = float(depth.max())
    middle, rim = light[depth > 0.6 * deepest], light[own & (depth < 0.4 * deepest)]
    pallor = float(middle.mean() - rim.mean()) if len(middle) and len(rim) else 0.0
    return np.array([pallor, float(light[own].std()), deepest / np.sqrt(own.sum() / np.pi)])


class OutlineNet(nn.Module):
    """Measures (N, 43) to logits (N, classes): the mean answer of two linear models of the standardised measures.

    One weighs those of OUTLINE and the product of each two of them, the other all measures as they are. What lies more
    than six standard deviations out counts as six.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        n, all_measures = len(OUTLINE), len(MEASURES)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(all_measures))
        self.register_buffer("scale", torch.ones(all_measures))
        self.outline = nn.Linear(n + n * (n + 1) // 2, classes)
        self.all = nn.Linear(all_measures, classes)

    def terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the two are shown: (N, 65) and (N, 43)."""
        z = ((x.float() - self.mean) / self.scale).clamp(-6, 6)
        first = z[:, : len(OUTLINE)]
        rows, columns = torch.triu_indices(first.shape[1], first.shape[1])
        return torch.cat([first, first[:, rows] * first[:, columns]], dim=1), z

    def forward(self, x: Tensor) -> Tensor:
        outline, everything = self.terms(x)
        answers = (self.outline(outline), self.all(everything))
        return torch.stack([functional.log_softmax(a, dim=1) for a in answers]).mean(dim=0)
