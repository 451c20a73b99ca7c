"""What lies on the glass and is no specimen: ink of a pen, rims of air bubbles, edges of a coverslip, coarse dirt.

Stains of blood and marrow take green light most: nuclei more red than blue, red cells more blue than red (Ruifrok & Johnston
2001 for how densities add). What is dense otherwise (as neutral as glass seen from its side, or as blue, green or red as a
pen) and larger than any clump of cells is none. Violet ink is dense as a stain is, and is not told from it.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import OUTSIDE, CellTable
from hemaview.inference.grounds import grounds_of
from hemaview.inference.pictures import ground_of
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide

LOOK_MPP = 0.5
LEAST_DENSITY = 0.9
"""Summed optical density over the ground's."""
MOST_RED, LEAST_GREEN, MOST_BLUE = 0.48, 0.28, 0.42
"""Shares of density in each colour that stained cells do not pass, beyond which lie blue, green and red pens."""
NEUTRAL_GREEN, NEUTRAL_BLUE = 0.4, 0.27
"""With less green and more blue than this a thing is black or grey: nuclei take less blue light, red cells more green."""
LEAST_UM2 = 1500.0
"""Four times the largest piece that these limits choose in 130 real fields of blood and marrow of five sets, 337 µm²
(`study foreign-limits`)."""
OPEN_UM = 2.0
"""Thinner lines are cells' edges."""
LEAST_LIGHT = 0.5
MOST_OF_PHOTO = 0.5
"""A photograph of which more is covered is not counted."""


def foreign(rgb: NDArray[np.uint8], mpp: float) -> NDArray[np.bool_]:
    """Where a picture uint8 (H, W, 3) at `mpp` µm/px is covered, bool (H, W)."""
    small, mpp = _at_low_power(rgb, mpp)
    mask, areas = pieces(small, mpp)
    large = np.concatenate([[False], areas >= LEAST_UM2])
    return np.asarray(cv2.resize(large[mask].astype(np.uint8), rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0)


def on_bare_glass(rgb: NDArray[np.uint8], mpp: float) -> NDArray[np.uint8]:
    """The picture uint8 (H, W, 3) with its ground in place of what covers it."""
    is_covered = foreign(rgb, mpp)
    return np.where(is_covered[..., None], ground_of(rgb).astype(np.uint8), rgb) if is_covered.any() else rgb


def pieces(rgb: NDArray[np.uint8], mpp: float) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """(int32 (H, W): the number of the piece at each pixel, 0 where none; float (n,): areas of pieces 1 to n, µm²) of all that is
    dense as no stain is, whatever its size."""
    light = _light(rgb, mpp)
    density = np.maximum(0, -np.log((rgb.astype(np.float32) + 1) / (light + 1)))
    density = np.asarray(cv2.GaussianBlur(density, (0, 0), 1.0))
    total = density.sum(axis=2)
    red, green, blue = np.moveaxis(density / np.maximum(total, 1e-3)[..., None], 2, 0)
    neutral = (green < NEUTRAL_GREEN) & (blue > NEUTRAL_BLUE)
    mask = (total > LEAST_DENSITY) & ((blue > MOST_BLUE) | (green < LEAST_GREEN) | (red > MOST_RED) | neutral)
    side = 2 * max(1, round(OPEN_UM / mpp)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    bodies = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(bodies, connectivity=8)
    return numbers.astype(np.int32), stats[1:, cv2.CC_STAT_AREA].astype(np.float64) * mpp**2


def _light(rgb: NDArray[np.uint8], mpp: float) -> NDArray[np.float32]:
    """The ground's colours float32 (H, W, 3): those around each place, for light falls off and photographs differ; where that is
    less than LEAST_LIGHT of the picture's brightest ground it is ink itself, and so much is taken."""
    around = cv2.resize(
        grounds_of(rgb, mpp, (0.0, 0.0), (1.0, 1.0)).colours, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(np.maximum(around, LEAST_LIGHT * ground_of(rgb).astype(np.float32)), np.float32)


def without_covered(cells: CellTable, slide: Slide, place: PlannedField, mpp: float) -> CellTable:
    """The cells of a field, those whose centre is covered flagged OUTSIDE: shown, and not counted."""
    if not place.foreign or not len(cells):
        return cells
    factor = max(1.0, LOOK_MPP / mpp)
    w, h = max(16, round(place.w / factor)), max(16, round(place.h / factor))
    mask = foreign(slide.read_scaled(place.x, place.y, place.w, place.h, w, h), mpp * place.w / w)
    column = np.clip((cells.x - place.x) * w / place.w, 0, w - 1).astype(int)
    row = np.clip((cells.y - place.y) * h / place.h, 0, h - 1).astype(int)
    return replace(cells, flags=np.where(mask[row, column], cells.flags | OUTSIDE, cells.flags).astype(np.uint8))


def _at_low_power(rgb: NDArray[np.uint8], mpp: float) -> tuple[NDArray[np.uint8], float]:
    if mpp >= 0.9 * LOOK_MPP:
        return rgb, mpp
    size = tuple(max(8, round(side * mpp / LOOK_MPP)) for side in rgb.shape[1::-1])
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8), LOOK_MPP
