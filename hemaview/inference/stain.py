"""How nuclei are stained, and whether a model has seen such."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from hemaview.inference.pictures import ground_of

BEYOND = 0.02
"""How far outside of what was learned a share of a nucleus' colour may lie."""
LEAST_CELLS, MOST = 15, 0.6
"""Of so many cells or more, the share whose nuclei may lie beyond what was learned: of no patient in jhu-aml, and of no sixty
cells of pbc, do half lie as far, of wbc-masks-1 more than four in five (`study stain-limits`)."""
MOST_OF_FEW = 0.3
"""The same share of fewer cells. Chance has a larger part in them, and a strange film taken for a usual one costs blasts that
nobody is shown, a usual one taken for strange some cells that a person must name: so the doubt goes to the strange."""
TOO_FEW = 2
"""Fewer nuclei than this tell no stain."""
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
    colours = _colours(pictures)
    return np.asarray(np.median(colours, axis=0)) if len(colours) >= LEAST_CELLS else None


def share_beyond(pictures: Sequence[NDArray[np.uint8]], learned: Sequence[Sequence[float]]) -> float | None:
    """The share of the cells whose nuclei lie beyond the lowest and highest stains `learned` (2, 3); None of fewer than
    LEAST_CELLS."""
    beyond = _beyond(pictures, learned)
    return float(beyond.mean()) if len(beyond) >= LEAST_CELLS else None


class Stain(IntEnum):
    """How the nuclei of a film are stained, beside what a model learned from. The numbers stand in the folders of runs."""

    USUAL = 0
    STRANGE = 1
    UNCLEAR = 2


def stain_beside(pictures: Sequence[NDArray[np.uint8]], learned: Sequence[Sequence[float]]) -> Stain:
    """How cells uint8 (H, W, 3) are stained beside the stains `learned` (2, 3): STRANGE where more than MOST of them, of fewer
    than LEAST_CELLS more than MOST_OF_FEW, have nuclei beyond; UNCLEAR of fewer than TOO_FEW nuclei."""
    beyond = _beyond(pictures, learned)
    if len(beyond) < TOO_FEW:
        return Stain.UNCLEAR
    most = MOST if len(beyond) >= LEAST_CELLS else MOST_OF_FEW
    return Stain.STRANGE if beyond.mean() > most else Stain.USUAL


def _beyond(pictures: Sequence[NDArray[np.uint8]], learned: Sequence[Sequence[float]]) -> NDArray[np.bool_]:
    """bool (n,): which of the nuclei that have a colour lie beyond the lowest and highest stains `learned` (2, 3)."""
    colours = _colours(pictures)
    lowest, highest = np.asarray(learned)
    return np.asarray(((colours < lowest - BEYOND) | (colours > highest + BEYOND)).any(axis=1))


def _colours(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    colours = [colour for rgb in pictures if (colour := nucleus_colour(rgb)) is not None]
    return np.array(colours).reshape(-1, 3)
