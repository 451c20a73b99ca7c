"""Nucleated cells at low power by a fixed rule: what is far denser in red light than red cells are.

Thiazine dyes bind to nuclei and absorb red light, which haemoglobin and eosin hardly do (Wittekind 1979).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MPP = 0.5
"""µm/px of the pictures that its sizes are meant for."""
LEAST_DENSITY = 0.22
"""Optical density of red light over the ground's: of 0.22 and 0.28, alone and beside the red cells' own, the best on txl-pbc
and draaslan-blood train."""
LEAST_UM2, LARGEST_UM2 = 7.0, 1500.0
"""Smaller dense things are platelets, dirt and parasites; larger ones dirt, or folds of the film."""
LOBES_PX = 5
GROUND_PX = 33
"""Side of the squares over which the ground's density is looked for, px; a field may lie beside another ground."""


def red_density(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Optical density of red light over the ground's around it, float32 (H, W), of uint8 (H, W, 3) at MPP."""
    table = -np.log((np.arange(256, dtype=np.float32) + 1) / 256)
    density = cv2.GaussianBlur(table[rgb[..., 0]], (0, 0), 1.0)
    lightest = cv2.erode(density, np.ones((GROUND_PX, GROUND_PX), np.uint8))
    return np.asarray(density - cv2.blur(lightest, (GROUND_PX, GROUND_PX)), np.float32)


def nuclear(density: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where `red_density` is that of nuclei, bool (H, W)."""
    return np.asarray(density > LEAST_DENSITY)


def stained_nuclei(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """float64 (n, 3: x, y px, score), best first, of uint8 (H, W, 3) at MPP; scores are mean densities, at most 1."""
    density = red_density(rgb)
    mask = nuclear(density).astype(np.uint8)
    nuclei = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((LOBES_PX, LOBES_PX), np.uint8))
    n, labels, stats, centres = cv2.connectedComponentsWithStats(nuclei, connectivity=8)
    own = np.bincount(labels.ravel(), mask.ravel(), minlength=n)
    weight = np.bincount(labels.ravel(), (density * mask).ravel(), minlength=n)
    rows = np.arange(1, n)
    rows = rows[(own[rows] * MPP**2 >= LEAST_UM2) & (stats[rows, cv2.CC_STAT_AREA] * MPP**2 <= LARGEST_UM2)]
    scores = np.minimum(1.0, weight[rows] / np.maximum(own[rows], 1))
    order = np.argsort(-scores, kind="stable")
    return np.concatenate([centres[rows] + 0.5, scores[:, None]], axis=1)[order].reshape(-1, 3)
