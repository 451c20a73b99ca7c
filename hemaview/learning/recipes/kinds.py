"""Cut-outs of red cells, nucleated cells, platelets and ground, of every set that says which: what the kind net learns.

A set gives only what it labels: points of red cells, whole pictures of white cells, masks of cells, boxes. So that no
stain gives a kind away, half of the training pictures that hold white cells wear the stain of a field of those sets that
label red cells alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from hemaview.learning.engine.classify import Pool
from hemaview.learning.engine.segment import CHULA_MPP, PBC_MPP, mask_parts, mpp_of, mpp_of_boxes, rescale
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data
from hemaview.methods import cellkind

CROP_PX = 84
BBBC_MPP = 0.075
"""About the µm/px of its fields, enough to read a stain at."""
SICKLE_UM = 9.0
"""The longer side of a loose box around a sickle cell, µm: none of its pictures states a scale."""
GROUND_UM = 1.5
"""Ground is shown from at least so far of any labelled cell, µm."""

_Cut = tuple[NDArray[np.uint8], str]
_Wear = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def kind_pools(experiment: Experiment, side: str, seed: int = 5) -> list[Pool]:
    """The pools of all sets that are there, one a set."""
    return [kind_pool(experiment, name, side, seed) for name in _SETS if data.has(experiment, name, side)]


def kind_pool(experiment: Experiment, name: str, side: str, seed: int = 5) -> Pool:
    """One set's cut-outs of CROP_PX at the kind net's scale; raises DataError where it gives none."""
    wear = _wardrobe(experiment, seed) if side == "train" else _as_it_is
    cuts = list(_SETS[name](experiment, name, side, np.random.default_rng(seed), wear))
    if not cuts:
        raise data.DataError(f"{name}/{side} holds no cell that can be cut out.")
    kinds = np.array([cellkind.KINDS.index(kind) for _, kind in cuts])
    return Pool(np.stack([cut for cut, _ in cuts]), np.eye(len(cellkind.KINDS), dtype=bool)[kinds])


def _boxes(experiment: Experiment, name: str, side: str, rng: np.random.Generator, wear: _Wear) -> Iterator[_Cut]:
    names = {"RBC": "red_cell", "WBC": "nucleated", "Platelet": "platelet", "Platelets": "platelet"}
    boxes: dict[str, list[tuple[float, float, float, float, str]]] = {}
    for row in data.rows(experiment, name, side):
        x, y, w, h = (float(row[k]) for k in "xywh")
        boxes.setdefault(row["file"], []).append((x, y, w, h, names.get(row["class"], "nothing")))
    for file, of_file in boxes.items():
        red = [max(w, h) for _, _, w, h, kind in of_file if kind == "red_cell"]
        if not red:
            continue
        factor = mpp_of_boxes(red) / cellkind.MPP
        small = wear(rescale(data.image(experiment, name, side, file), factor))
        height, width = small.shape[:2]
        cells = np.zeros((height, width), bool)
        for x, y, w, h, kind in of_file:
            top, left = max(0, int(y * factor)), max(0, int(x * factor))
            cells[top : int((y + h) * factor) + 1, left : int((x + w) * factor) + 1] = True
            is_cut = x <= 1 or y <= 1 or (x + w) * factor >= width - 1 or (y + h) * factor >= height - 1
            if kind != "nothing" and not (is_cut and kind != "nucleated"):
                yield data.square(small, (x + w / 2) * factor, (y + h / 2) * factor, CROP_PX), kind
        if name != "draaslan-blood":  # its platelets are not labelled: ground there may hold some
            yield from _ground(small, cells, 12, rng)


def _masks(experiment: Experiment, name: str, side: str, rng: np.random.Generator, wear: _Wear) -> Iterator[_Cut]:
    """Mask parts about as large as the picture's median cell: larger ones are several cells, smaller ones pieces."""
    for file in data.files(experiment, name, side):
        rgb = data.image(experiment, name, side, file)
        parts = mask_parts(data.mask(experiment, name, side, file.rpartition(".")[0]))
        areas = np.bincount(parts.ravel())[1:]
        factor, median = mpp_of(parts) / cellkind.MPP, float(np.median(areas))
        small = rescale(rgb, factor)
        whole = [int(i) + 1 for i in np.flatnonzero((areas > 0.4 * median) & (areas < 1.6 * median))]
        for y, x in ndimage.center_of_mass(parts > 0, parts, whole):
            yield data.square(small, x * factor, y * factor, CROP_PX), "red_cell"
        yield from _ground(small, rescale(np.uint8(255) * (parts > 0), factor) > 0, 6, rng)


def _points(experiment: Experiment, name: str, side: str, rng: np.random.Generator, wear: _Wear) -> Iterator[_Cut]:
    points: dict[str, list[tuple[float, float]]] = {}
    for row in data.rows(experiment, name, side):
        points.setdefault(row["file"], []).append((float(row["x"]), float(row["y"])))
    factor = CHULA_MPP / cellkind.MPP
    for file, of_file in points.items():
        small = rescale(data.image(experiment, name, side, file), factor)
        for index in rng.choice(len(of_file), min(30, len(of_file)), replace=False):
            x, y = of_file[int(index)]
            yield data.square(small, x * factor, y * factor, CROP_PX), "red_cell"


def _single_cells(
    experiment: Experiment, name: str, side: str, rng: np.random.Generator, wear: _Wear
) -> Iterator[_Cut]:
    lines = [line for line in data.rows(experiment, name, side) if line["class"] != "artefact"]
    for index in rng.choice(len(lines), min(3000, len(lines)), replace=False):
        line = lines[int(index)]
        small = wear(rescale(data.image(experiment, name, side, line["file"]), PBC_MPP / cellkind.MPP))
        kind = "platelet" if line["class"].startswith("platelet") else "nucleated"
        yield data.square(small, small.shape[1] / 2, small.shape[0] / 2, CROP_PX), kind


def _sickle_boxes(
    experiment: Experiment, name: str, side: str, rng: np.random.Generator, wear: _Wear
) -> Iterator[_Cut]:
    for row in data.rows(experiment, name, side):
        if row["class"] != "sickle":
            continue
        x, y, w, h = (float(row[k]) for k in "xywh")
        factor = SICKLE_UM / max(w, h) / cellkind.MPP
        small = rescale(data.image(experiment, name, side, row["file"]), factor)
        yield data.square(small, (x + w / 2) * factor, (y + h / 2) * factor, CROP_PX), "red_cell"


def _ground(small: NDArray[np.uint8], cells: NDArray[np.bool_], tries: int, rng: np.random.Generator) -> Iterator[_Cut]:
    far = ndimage.distance_transform_edt(~cells) > GROUND_UM / cellkind.MPP
    for _ in range(tries):
        y, x = rng.uniform(0, small.shape[0]), rng.uniform(0, small.shape[1])
        if far[int(y), int(x)]:
            yield data.square(small, x, y, CROP_PX), "nothing"


def ground_and_red(rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """float32 (2, 3): optical density of the ground and of red cells of a picture (H, W, 3); None where none are seen."""
    density = _density(rgb)
    total = ndimage.gaussian_filter(density.sum(axis=2), 1)
    ground = float(np.percentile(total, 10))
    # White cells are far darker: capped, they do not draw the limit away from the red ones.
    limit = float(threshold_otsu(np.minimum(total, ground + 1.2)))
    light = ndimage.binary_erosion(total < limit, iterations=2)
    red = ndimage.binary_erosion((total >= limit) & (total < ground + 1.5), iterations=2)
    if light.sum() < 50 or red.sum() < 50:
        return None
    return np.stack([np.median(density[where], axis=0) for where in (light, red)]).astype(np.float32)


def in_stain(rgb: NDArray[np.uint8], own: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The picture with ground and red cells of the colours of `other`, everything else moved alike (densities are linear)."""
    stretch = np.clip((other[1] - other[0]) / np.maximum(own[1] - own[0], 0.03), 0.33, 3)
    density = (_density(rgb) - own[0]) * stretch + other[0]
    return np.asarray(np.clip(256 * np.exp(-density) - 1, 0, 255), np.uint8)


def _density(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(-np.log((rgb.astype(np.float32) + 1) / 256), np.float32)


def _as_it_is(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return rgb


@lru_cache(maxsize=256)
def _stain_of_field(experiment: Experiment, name: str, file: str, mpp: float) -> NDArray[np.float32] | None:
    return ground_and_red(rescale(data.image(experiment, name, "train", file), mpp / cellkind.MPP))


def _wardrobe(experiment: Experiment, seed: int, each: int = 50) -> _Wear:
    """What puts half of the pictures it is given into the stain of a training field of red cells alone."""
    rng = np.random.default_rng(seed)
    stains = []
    for name, mpp in (("chula-rbc12", CHULA_MPP), ("bbbc041seg", BBBC_MPP)):
        files = data.files(experiment, name, "train") if data.has(experiment, name, "train") else []
        for index in rng.permutation(len(files))[:each]:
            stains.append(_stain_of_field(experiment, name, files[int(index)], mpp))
    measurable = [s for s in stains if s is not None]

    def wear(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        own = ground_and_red(rgb) if measurable and rng.random() < 0.5 else None
        return rgb if own is None else in_stain(rgb, own, measurable[int(rng.integers(len(measurable)))])

    return wear


_SETS: dict[str, Callable[[Experiment, str, str, np.random.Generator, _Wear], Iterator[_Cut]]] = {
    "txl-pbc": _boxes,
    "draaslan-blood": _boxes,
    "chula-rbc12": _points,
    "pbc": _single_cells,
    "jhu-aml": _single_cells,
    "bbbc041seg": _masks,
    "sickle-uganda": _sickle_boxes,
}

KIND_SETS = tuple(_SETS)
