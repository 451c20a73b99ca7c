"""Crops without a nucleated cell: what a finder of nucleated cells may point at, and a classifier must refuse.

Red cells of labelled fields, and red cells of real marrow around which a fixed rule, which learns nothing, sees no nucleus.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hemaview.inference.pictures import rescale, squares
from hemaview.learning.engine.segment import CHULA_MPP, mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data
from hemaview.learning.sets.marrowcells import CROP_MPP, CROP_PX
from hemaview.learning.sets.marrowscenes import MPP as MARROW_MPP
from hemaview.methods.nuclearstain import LEAST_UM2, MPP, nuclear, red_density

SETS = ("txl-pbc", "chula-rbc12", "segpc-plasma")
CLEAR_UM = 7.0
"""No nucleus lies nearer than this to the middle of a crop."""
RED_DENSITY = 0.06
"""Optical density of red light from which something lies there; nuclei have far more."""
PER_FIELD = {"txl-pbc": 3, "chula-rbc12": 2, "segpc-plasma": 6}


def crops_without_nucleus(experiment: Experiment, split: str, cache: Path | None, seed: int = 11) -> NDArray[np.uint8]:
    """uint8 (n, CROP_PX, CROP_PX, 3) at CROP_MPP µm/px of every one of SETS that is there; kept in `cache`."""
    sets = [name for name in SETS if data.has(experiment, name, split)]
    key = hashlib.sha256(f"{sets} {split} {seed} {PER_FIELD} {CLEAR_UM}".encode()).hexdigest()[:12]
    path = cache / f"no-nucleus-{key}.npy" if cache is not None else None
    if path is not None and path.exists():
        cached: NDArray[np.uint8] = np.load(path, mmap_mode="r")
        return cached
    rng = np.random.default_rng(seed)
    crops = [c for name in sets for c in _of_set(experiment, name, split, rng)]
    pictures = np.concatenate(crops) if crops else np.zeros((0, CROP_PX, CROP_PX, 3), np.uint8)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, pictures)
        part.replace(path)
    return pictures


def _of_set(experiment: Experiment, name: str, split: str, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    fields: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, name, split):
        fields.setdefault(row["file"], []).append(row)
    crops = []
    for file, rows in fields.items():
        rgb = data.image(experiment, name, split, file)
        mpp = _mpp(name, rows)
        if not mpp:
            continue
        points = clear_points(rgb, mpp, rng.permutation(_centres(name, rgb, mpp, rows)))[: PER_FIELD[name]]
        factor = mpp / CROP_MPP
        crops.append(squares(rescale(rgb, factor), points * factor, CROP_PX))
    return crops


def _mpp(name: str, rows: list[dict[str, str]]) -> float:
    if name == "txl-pbc":
        red = [max(float(r["w"]), float(r["h"])) for r in rows if r["class"] == "RBC"]
        return mpp_of_boxes(red) if len(red) >= 3 else 0.0
    return CHULA_MPP if name == "chula-rbc12" else MARROW_MPP


def _centres(name: str, rgb: NDArray[np.uint8], mpp: float, rows: list[dict[str, str]]) -> NDArray[np.float64]:
    """Middles (n, 2: x, y px) of what lies on the field: labelled red cells, or on marrow whatever is stained."""
    if name == "txl-pbc":
        red = [r for r in rows if r["class"] == "RBC"]
        return np.array([[float(r["x"]) + float(r["w"]) / 2, float(r["y"]) + float(r["h"]) / 2] for r in red])
    if name == "chula-rbc12":
        return np.array([[float(r["x"]), float(r["y"])] for r in rows]).reshape(-1, 2)
    density = red_density(rescale(rgb, mpp / MPP))
    parts, n = ndimage.label((density > RED_DENSITY) & ~nuclear(density))
    middles = ndimage.center_of_mass(density > 0, parts, np.arange(1, n + 1)) if n else []
    return np.array([[x, y] for y, x in middles], np.float64).reshape(-1, 2) * MPP / mpp


def clear_points(rgb: NDArray[np.uint8], mpp: float, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of points (n, 2: x, y px) of uint8 (H, W, 3) at `mpp` µm/px that no nucleus lies near, by `nuclear`."""
    dense = nuclear(red_density(rescale(rgb, mpp / MPP)))
    parts, n = ndimage.label(dense)
    sizes = np.bincount(parts.ravel(), minlength=n + 1) * MPP**2
    sizes[0] = 0
    free = ndimage.distance_transform_edt(~(sizes >= LEAST_UM2)[parts])
    at = (points * mpp / MPP).astype(int)
    inside = ((at >= 0) & (at < free.shape[::-1])).all(axis=1)
    points, at = points[inside], at[inside]
    return points[free[at[:, 1], at[:, 0]] * MPP >= CLEAR_UM]
