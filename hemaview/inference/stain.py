"""How nuclei are stained, and whether a model has seen such."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from hemaview.inference.pictures import ground_of

LEAST_CELLS = 15
"""So many cells must be seen before anything is said of their stain."""
BEYOND, MOST = 0.02, 0.6
"""How far outside of what was learned a share may lie, and which share of the cells may: of no patient in jhu-aml, and of no
sixty cells of pbc, do half lie as far, of wbc-masks-1 more than four in five (`study stain-limits`)."""
LEAST_NUCLEUS_PX = 30


def nucleus_colour(rgb: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Shares (3,) of red, green and blue in the optical density of the darkest part of a cell's picture uint8 (H, W, 3),
    against the picture's own ground (Ruifrok & Johnston 2001); None where nothing in it is stained.

    They tell the dye, not how much of it there is, and hardly depend on which white cell it is.
    """
    density = np.maximum(0, -np.log((rgb.astype(np.float64) + 1) / (ground_of(rgb) + 1)))
    depth = density.sum(axis=2)
    if np.ptp(depth) < 0.1:
        return None
    stained = depth > threshold_otsu(depth)
    if np.ptp(depth[stained]) < 1e-3:
        return None
    nucleus = stained & (depth > threshold_otsu(depth[stained]))
    if nucleus.sum() < LEAST_NUCLEUS_PX:
        return None
    typical = np.median(density[nucleus], axis=0)
    return np.asarray(typical / typical.sum())


def stain_of(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64] | None:
    """The median (3,) of the cells' nucleus colours; None of fewer than LEAST_CELLS."""
    found = _colours(pictures)
    return np.asarray(np.median(found, axis=0)) if len(found) >= LEAST_CELLS else None


def share_beyond(pictures: Sequence[NDArray[np.uint8]], learned: Sequence[Sequence[float]]) -> float | None:
    """The share of the cells whose nuclei lie beyond the lowest and highest stains `learned` (2, 3); None of fewer than
    LEAST_CELLS."""
    found = _colours(pictures)
    if len(found) < LEAST_CELLS:
        return None
    lowest, highest = np.asarray(learned)
    return float(((found < lowest - BEYOND) | (found > highest + BEYOND)).any(axis=1).mean())


def are_strange(pictures: Sequence[NDArray[np.uint8]], learned: Sequence[Sequence[float]]) -> bool:
    """Whether most of the cells have nuclei beyond the stains `learned` (2, 3); not of fewer than LEAST_CELLS."""
    share = share_beyond(pictures, learned)
    return share is not None and share > MOST


def _colours(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    found = [colour for rgb in pictures if (colour := nucleus_colour(rgb)) is not None]
    return np.array(found).reshape(-1, 3)
