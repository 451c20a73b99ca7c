"""Cells as instances: targets for training and touching cells split again from a network's answer.

A cell's core is where its distance to the edge is at least CORE of that cell's largest distance: one blob a cell,
whatever its size, with a wide gap between the cores of cells that touch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

BACKGROUND, RIM, CORE_CLASS, IGNORE = 0, 1, 2, 255
CORE = 0.45
CORE_THRESHOLD = 0.25
"""Probability from which a pixel is core: 0.2 to 0.3 gave the best F1 on bbbc041seg's val, higher ones split more cells
that its people drew as one."""


def targets(instances: NDArray[np.int32]) -> NDArray[np.uint8]:
    """uint8 (H, W): background, rim or core of each pixel of an instance mask (0 = background)."""
    out = np.zeros(instances.shape, np.uint8)
    for index, place in enumerate(ndimage.find_objects(instances), start=1):
        if place is None:
            continue
        own = np.pad(instances[place] == index, 1)
        depth = ndimage.distance_transform_edt(own)[1:-1, 1:-1]
        own = own[1:-1, 1:-1]
        view = out[place]
        view[own] = np.where(depth[own] >= CORE * depth.max(), CORE_CLASS, RIM)
    return out


def split(
    probability: NDArray[np.float32], least_px: int, core_threshold: float = CORE_THRESHOLD, cell_threshold: float = 0.5
) -> NDArray[np.int32]:
    """Instances int32 (H, W) from probabilities float32 (3, H, W) of background, rim and core.

    Cores are markers; they grow over the cell region by distance (watershed), so that no cell wraps around another
    along its rim. Cell regions without a core of their own stay one cell where they are at least `least_px` large.
    """
    cell = 1 - probability[BACKGROUND] > cell_threshold
    cell = ndimage.binary_fill_holes(cell)
    cores, n = ndimage.label(probability[CORE_CLASS] > core_threshold)
    if n:
        sizes = np.bincount(cores.ravel(), minlength=n + 1)
        keep = sizes >= max(2, least_px // 6)
        keep[0] = False
        cores = np.where(keep[cores], cores, 0)
    bodies, bodies_n = ndimage.label(cell)
    if bodies_n:
        cored = np.zeros(bodies_n + 1, bool)
        cored[np.unique(bodies[cores > 0])] = True
        coreless = (bodies > 0) & ~cored[bodies]
        cores = np.where(coreless, bodies + n, cores)
    labels = watershed(ndimage.distance_transform_edt(cores == 0), cores, mask=cell)
    sizes = np.bincount(labels.ravel())
    keep = sizes >= least_px
    keep[0] = False
    renumber = np.cumsum(keep) * keep
    return renumber[labels].astype(np.int32)


def fill_instances(instances: NDArray[np.int32]) -> NDArray[np.int32]:
    """Close holes inside each instance (a pale centre is part of its cell)."""
    out = instances.copy()
    for index, place in enumerate(ndimage.find_objects(instances), start=1):
        if place is None:
            continue
        own = instances[place] == index
        without_holes = ndimage.binary_fill_holes(own)
        view = out[place]
        view[without_holes & (view == 0)] = index
    return out


def parts(probability: NDArray[np.float32], least_px: int) -> NDArray[np.int32]:
    """Instances int32 (H, W) from probabilities float32 (2, H, W) of ground and cell: the 4-connected parts of the mask."""
    labels, n = ndimage.label(ndimage.binary_fill_holes(probability[1] > 0.5))
    sizes = np.bincount(labels.ravel(), minlength=n + 1)
    keep = sizes >= least_px
    keep[0] = False
    return np.asarray((np.cumsum(keep) * keep)[labels], np.int32)
