"""Crops of real marrow (segpc-plasma): plasma cells, and nucleated cells that nobody called so.

The set outlines its plasma cells and nothing else. What is stained like a nucleus outside every outline is taken for a
nucleated cell of any other class: wrong for a plasma cell that was left out, and for cells that a fixed rule mistakes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import rescale, squares
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data
from hemaview.learning.sets.marrowscenes import MPP as MARROW_MPP
from hemaview.learning.sets.marrowscenes import marrow_field
from hemaview.methods.nuclearstain import MPP, stained_nuclei

CROP_MPP, CROP_PX = 0.2, 135
"""As the pictures of the sets of single cells."""
SINGLE_UM = (6.0, 24.0)
"""Sides of the box of one plasma cell: what is larger are several that touch."""
FAR_UM = 8.0
"""Other cells lie at least so far from any outline's box middle, or outside its box."""
LEAST_SCORE = 0.35
"""Mean density of red light of a nucleus that is no platelet or dirt."""
EDGE_UM = 5.0
"""What lies nearer to the picture's edge is cut by it."""
OTHERS_PER_FIELD = 6


@dataclass(frozen=True)
class MarrowCells:
    """Crops uint8 (n, CROP_PX, CROP_PX, 3) at CROP_MPP µm/px."""

    plasma: NDArray[np.uint8]
    others: NDArray[np.uint8]


def marrow_cells(experiment: Experiment, split: str, cache: Path | None, seed: int = 13) -> MarrowCells:
    """Every single plasma cell of a split, and up to OTHERS_PER_FIELD other nucleated cells of each field."""
    key = hashlib.sha256(f"{split} {seed} {SINGLE_UM} {FAR_UM} {EDGE_UM} {OTHERS_PER_FIELD}".encode()).hexdigest()[:12]
    path = cache / f"marrow-cells-{key}.npz" if cache is not None else None
    if path is not None and path.exists():
        with np.load(path) as archive:
            return MarrowCells(archive["plasma"], archive["others"])
    rng = np.random.default_rng(seed)
    plasma, others = [], []
    factor = MARROW_MPP / CROP_MPP
    for file in data.files(experiment, "segpc-plasma", split):
        scene = marrow_field(experiment, split, file)
        rescaled = rescale(scene.rgb, factor)
        middles = (scene.boxes[:, :2] + scene.boxes[:, 2:]).astype(np.float64) / 2
        plasma.append(squares(rescaled, middles[single_boxes(scene.boxes)] * factor, CROP_PX))
        points = other_nuclei(scene.rgb, scene.boxes)
        others.append(squares(rescaled, rng.permutation(points)[:OTHERS_PER_FIELD] * factor, CROP_PX))
    cells = MarrowCells(np.concatenate(plasma), np.concatenate(others))
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, plasma=cells.plasma, others=cells.others)
        part.replace(path)
    return cells


def single_boxes(boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """bool (n,): which boxes (n, 4: x0, y0, x1, y1 px) of a marrow field are of one cell's size."""
    sides = (boxes[:, 2:] - boxes[:, :2]) * MARROW_MPP
    return np.asarray((sides.min(axis=1) > SINGLE_UM[0]) & (sides.max(axis=1) < SINGLE_UM[1]))


def other_nuclei(rgb: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Middles (n, 2: x, y px) of what is stained like a nucleus outside the boxes (n, 4: x0, y0, x1, y1 px)."""
    nuclei = stained_nuclei(rescale(rgb, MARROW_MPP / MPP))
    points = nuclei[nuclei[:, 2] >= LEAST_SCORE][:, :2] * MPP / MARROW_MPP
    rim = EDGE_UM / MARROW_MPP
    points = points[((points > rim) & (points < (rgb.shape[1] - rim, rgb.shape[0] - rim))).all(axis=1)]
    if not len(boxes) or not len(points):
        return points
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    x, y = points[:, :1], points[:, 1:2]
    inside = (x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])
    near = np.hypot(x - middles[:, 0], y - middles[:, 1]) * MARROW_MPP < FAR_UM
    return points[~(inside | near).any(axis=1)]
