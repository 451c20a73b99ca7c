"""Red and white cells as instances, of a map that names each pixel ground, red cell or white cell.

Cells that touch are parted by how deep their pixels lie: each peak of the distance to the ground is the middle of a cell
(Vincent & Soille 1991). White cells, whose sizes and outlines differ more, are parted only where they join in a neck.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

GROUND, RED, WHITE = 0, 1, 2
LEAST_RED, LEAST_WHITE = 4.0, 12.0
"""Red and white cells are at least so many times as large as the least thing that a segmentation sees, such as dirt."""
MOST_OF_ONE = 1.6
"""What is larger than so many typical cells is several."""
SHALLOW, APART = 0.5, 0.25
"""A peak of less than the first share of the typical red cell's radius is no middle of a cell of its own, nor is one nearer to a
higher peak than the second. Of larger and smaller ones these came nearest to the labelled numbers of red cells on train."""
NECK = 0.75
"""White cells are parted where they join in a neck of at most this share of the smaller one's depth: on txl-pbc's train any share
from 0.6 to 0.8 found 120 of 128 labelled white cells (117 without), and parted none that people drew as one."""
OPENED, SMOOTHED = 0.25, 0.1
"""Sides of what is taken off a white cell's outline, and over which depths are smoothed, of the side of the least thing."""


def red_and_white(probability: NDArray[np.float32], least_px: int) -> NDArray[np.int32]:
    """Instances int32 (H, W) from probabilities float32 (3, H, W) of ground, red cell and white cell, by the least size of a
    thing, px."""
    white = _white(probability, least_px)
    least_red = round(LEAST_RED * least_px)
    red = _without_holes((probability[GROUND] < 0.5) & (white == 0), least_red) & (white == 0)
    reds = _parted(np.asarray(red, bool), least_red)
    reds[reds > 0] += int(white.max())
    return np.asarray(np.where(white > 0, white, reds), np.int32)


def _white(probability: NDArray[np.float32], least_px: int) -> NDArray[np.int32]:
    mask = (probability.argmax(axis=0) == WHITE).astype(np.uint8)
    side = 2 * max(1, round(OPENED * np.sqrt(least_px))) + 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    least_white = round(LEAST_WHITE * least_px)
    bodies = _numbered(ndimage.label(ndimage.binary_fill_holes(mask))[0], least_white)
    whites = np.zeros_like(bodies)
    for number, place in enumerate(ndimage.find_objects(bodies), start=1):
        own = np.pad(bodies[place] == number, 1)
        cells = _parted_at_necks(own, least_white, SMOOTHED * float(np.sqrt(least_px)))[1:-1, 1:-1]
        whites[place] = np.where(cells > 0, cells + int(whites.max()), whites[place])
    return whites


def _parted_at_necks(body: NDArray[np.bool_], least_px: int, over_px: float) -> NDArray[np.int32]:
    """The cells of one body, each at least least_px large, parted where a neck of at most NECK of the less deep one joins two;
    depths are smoothed over `over_px`."""
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(body).astype(np.float32), over_px)
    # A neck's share of a depth is a difference of their logarithms: peaks that stand out by as much are middles.
    log_depth = np.where(body, np.log(np.maximum(depth, 0.5)), -5.0).astype(np.float32)
    flooded = np.asarray(reconstruction(log_depth + np.float32(np.log(NECK)), log_depth), np.float32)
    peaks = local_maxima(flooded) & body & (2 * np.pi * depth**2 >= least_px)
    middles, n = ndimage.label(peaks, np.ones((3, 3)))
    if n < 2:
        return np.asarray(body, np.int32)
    cells = np.asarray(watershed(-depth, middles, mask=body), np.int32)
    sizes = np.bincount(cells.ravel())[1:]
    return cells if sizes.min() >= least_px else np.asarray(body, np.int32)


def _without_holes(mask: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """The mask with the pale middles of single cells filled; what lies between cells that touch stays ground."""
    without_holes = ndimage.binary_fill_holes(mask)
    bodies, n = ndimage.label(without_holes)
    if not n:
        return mask
    areas = np.bincount(bodies.ravel())
    radius = _typical_radius(ndimage.distance_transform_edt(without_holes), bodies, least_px)
    single = areas <= MOST_OF_ONE * np.pi * radius**2
    single[0] = False
    return np.asarray(mask | (without_holes & single[bodies]), bool)


def _typical_radius(depth: NDArray[np.floating], bodies: NDArray[np.int32], least_px: int) -> float:
    """The median over bodies of how deep they are, of those in which a disc of least_px fits, px."""
    deepest = np.asarray(ndimage.maximum(depth, bodies, np.arange(1, int(bodies.max()) + 1)))
    large = deepest[np.pi * deepest**2 >= least_px]
    return float(np.median(large if len(large) else deepest))


def _parted(mask: NDArray[np.bool_], least_px: int) -> NDArray[np.int32]:
    """Touching discs of a mask as instances."""
    over_px = SMOOTHED * float(np.sqrt(least_px / LEAST_RED))
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask).astype(np.float32), over_px)
    bodies, n = ndimage.label(mask)
    if not n:
        return np.zeros(mask.shape, np.int32)
    radius = _typical_radius(depth, bodies, least_px)
    side = 2 * max(1, round(APART * radius)) + 1
    highest = cv2.dilate(depth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    peaks = (depth >= highest - 1e-6) & mask & (depth >= SHALLOW * radius)
    middles, _ = ndimage.label(peaks, np.ones((3, 3)))
    without = np.setdiff1d(np.arange(1, n + 1), np.unique(bodies[middles > 0]))
    middles = np.where(np.isin(bodies, without), bodies + int(middles.max()), middles)
    return _numbered(watershed(-depth, middles, mask=mask), least_px)


def _numbered(labels: NDArray[np.int32], least_px: int) -> NDArray[np.int32]:
    """The instances of at least least_px, numbered from 1."""
    stays = np.bincount(labels.ravel()) >= least_px
    stays[0] = False
    return np.asarray((np.cumsum(stays) * stays)[labels], np.int32)
