"""A cheap look at a field before any model is asked: stain density, focus, single and overlapped cells."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

RED_CELL_UM = 7.2
RED_CELL_UM2 = np.pi * (RED_CELL_UM / 2) ** 2
LOOK_MPP = 0.5


@dataclass(frozen=True)
class Look:
    """tissue: share of stained px; focus: edge energy against contrast; cells: about how many; single_ratio: 0 … 1."""

    tissue: float
    focus: float
    cells: int
    single_ratio: float


def density_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Summed optical density float32 (H, W) of uint8 (H, W, 3)."""
    table = -np.log((np.arange(256, dtype=np.float32) + 1) / 256)
    return np.asarray(table[rgb].sum(axis=2), np.float32)


def stained(density: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Cells against the ground; white cells' dark nuclei are capped so that pale red cells are not lost beside them."""
    smooth = cv2.GaussianBlur(density, (0, 0), 0.8)
    ground = float(np.percentile(smooth, 10))
    capped = np.minimum(smooth, ground + 0.8)
    if float(capped.max() - capped.min()) < 0.08:
        return np.zeros(density.shape, bool)
    limit = ground + 0.55 * (float(threshold_otsu(capped)) - ground)
    return np.asarray(smooth > max(limit, ground + 0.06))


def look(rgb: NDArray[np.uint8], mpp: float) -> Look:
    """What a field of uint8 (H, W, 3) at `mpp` µm/px seems to hold."""
    density = density_of(rgb)
    # One scale for every slide, or focus would depend on the scanner's pixels.
    if mpp < LOOK_MPP * 0.9:
        factor = mpp / LOOK_MPP
        size = (max(8, round(rgb.shape[1] * factor)), max(8, round(rgb.shape[0] * factor)))
        density = np.asarray(cv2.resize(density, size, interpolation=cv2.INTER_AREA), np.float32)
        mpp = LOOK_MPP
    mask = fill_holes(stained(density))
    n, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[1:n, cv2.CC_STAT_AREA] * mpp**2
    single = int(((areas > 0.4 * RED_CELL_UM2) & (areas < 1.6 * RED_CELL_UM2)).sum())
    overlapped = float(areas[areas >= 1.6 * RED_CELL_UM2].sum() / RED_CELL_UM2)
    cells = single + overlapped
    edges = cv2.Laplacian(density, cv2.CV_32F)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    contrast = float(density.std()) ** 2
    focus = float((edges[near] ** 2).mean() / contrast) if near.any() and contrast > 1e-4 else 0.0
    return Look(float(mask.mean()), focus, round(cells), single / cells if cells else 0.0)


def fill_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Holes inside cells filled: a pale centre is part of its cell. Openings of the ground itself stay open."""
    inverse = (~mask).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inverse, connectivity=4)
    h, w = mask.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    inner = (left > 0) & (top > 0)
    inner &= (left + stats[:, cv2.CC_STAT_WIDTH] < w) & (top + stats[:, cv2.CC_STAT_HEIGHT] < h)
    inner[0] = False
    inner &= stats[:, cv2.CC_STAT_AREA] < max(16, 0.02 * h * w)
    return np.asarray(mask | inner[labels])


def red_cell_px(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Diameters in px of round single things, for finding the scale of a picture that does not tell it."""
    factor = min(1.0, 1200 / max(rgb.shape[:2]))
    density = density_of(rgb)
    if factor < 1:
        size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
        density = np.asarray(cv2.resize(density, size, interpolation=cv2.INTER_AREA), np.float32)
    mask = fill_holes(stained(density)).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    h, w = mask.shape
    found = []
    for contour in contours:
        x, y, cw, ch = cv2.boundingRect(contour)
        area, around = cv2.contourArea(contour), cv2.arcLength(contour, True)
        if area < 40 or x == 0 or y == 0 or x + cw == w or y + ch == h:
            continue
        if 4 * np.pi * area / around**2 > 0.78 and 0.8 < cw / ch < 1.25:
            found.append(2 * np.sqrt(area / np.pi) / factor)
    return np.array(found, np.float64)


def scale_from(diameters_px: NDArray[np.float64]) -> tuple[float, float, int] | None:
    """(µm/px, its standard deviation, cells) from diameters of round things; None where there are too few.

    Platelets and dirt are left out by weighing with area: the typical red cell covers most of what is stained. The
    deviation joins the sample's own with 4 % for red cells that differ between people.
    """
    if len(diameters_px) < 12:
        return None
    order = np.sort(diameters_px)
    weight = np.cumsum(order**2)
    middle = float(order[np.searchsorted(weight, weight[-1] / 2)])
    near = order[(order > 0.75 * middle) & (order < 1.3 * middle)]
    if len(near) < 12:
        return None
    diameter = float(np.median(near))
    spread = 1.2533 * float(near.std()) / np.sqrt(len(near))
    relative = float(np.hypot(spread / diameter, 0.04))
    return RED_CELL_UM / diameter, RED_CELL_UM / diameter * relative, len(near)
