"""Cut-outs of red cells, nucleated cells, platelets and ground, of every set that says which: what the kind net learns.

A set gives only what it labels: points of red cells, whole pictures of white cells, masks of cells, boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hemaview.learning import data
from hemaview.learning.classify import Pool
from hemaview.learning.segment import RED_CELL_UM, mask_parts, rescale
from hemaview.methods import cellkind

CROP_PX = 84
CHULA_MPP, SINGLE_CELL_MPP = 0.19, 0.2
SICKLE_UM = 9.0
"""The longer side of a loose box around a sickle cell, µm: none of its pictures states a scale."""
GROUND_UM = 1.5
"""Ground is shown from at least so far of any labelled cell, µm."""

_Cut = tuple[NDArray[np.uint8], str]


def kind_pools(root: Path, side: str, seed: int = 5) -> list[Pool]:
    """The pools of all sets that are there, one a set."""
    return [kind_pool(root, name, side, seed) for name in _SETS if data.has(root, name, side)]


def kind_pool(root: Path, name: str, side: str, seed: int = 5) -> Pool:
    """One set's cut-outs of CROP_PX at the kind net's scale; raises DataError where it gives none."""
    cuts = list(_SETS[name](root, name, side, np.random.default_rng(seed)))
    if not cuts:
        raise data.DataError(f"{name}/{side} holds no cell that can be cut out.")
    kinds = np.array([cellkind.KINDS.index(kind) for _, kind in cuts])
    return Pool(np.stack([cut for cut, _ in cuts]), np.eye(len(cellkind.KINDS), dtype=bool)[kinds])


def _boxes(root: Path, name: str, side: str, rng: np.random.Generator) -> Iterator[_Cut]:
    names = {"RBC": "red_cell", "WBC": "nucleated", "Platelet": "platelet", "Platelets": "platelet"}
    boxes: dict[str, list[tuple[float, float, float, float, str]]] = {}
    for row in data.rows(root, name, side):
        x, y, w, h = (float(row[k]) for k in "xywh")
        boxes.setdefault(row["file"], []).append((x, y, w, h, names.get(row["class"], "nothing")))
    for file, found in boxes.items():
        red = [max(w, h) for _, _, w, h, kind in found if kind == "red_cell"]
        if not red:
            continue
        factor = RED_CELL_UM * 1.05 / float(np.median(red)) / cellkind.MPP
        small = rescale(data.image(root, name, side, file), factor)
        height, width = small.shape[:2]
        cells = np.zeros((height, width), bool)
        for x, y, w, h, kind in found:
            top, left = max(0, int(y * factor)), max(0, int(x * factor))
            cells[top : int((y + h) * factor) + 1, left : int((x + w) * factor) + 1] = True
            cut = x <= 1 or y <= 1 or (x + w) * factor >= width - 1 or (y + h) * factor >= height - 1
            if kind != "nothing" and not (cut and kind != "nucleated"):
                yield data.square(small, (x + w / 2) * factor, (y + h / 2) * factor, CROP_PX), kind
        if name != "draaslan-blood":  # its platelets are not labelled: ground there may hold some
            yield from _ground(small, cells, 12, rng)


def _masks(root: Path, name: str, side: str, rng: np.random.Generator) -> Iterator[_Cut]:
    """Mask parts about as large as the picture's median cell: larger ones are several cells, smaller ones pieces."""
    for file in data.files(root, name, side):
        rgb = data.image(root, name, side, file)
        parts = mask_parts(data.mask(root, name, side, file.rpartition(".")[0]))
        areas = np.bincount(parts.ravel())[1:]
        median = float(np.median(areas))
        factor = RED_CELL_UM / (2 * np.sqrt(median / np.pi)) / cellkind.MPP
        small = rescale(rgb, factor)
        whole = [int(i) + 1 for i in np.flatnonzero((areas > 0.4 * median) & (areas < 1.6 * median))]
        for y, x in ndimage.center_of_mass(parts > 0, parts, whole):
            yield data.square(small, x * factor, y * factor, CROP_PX), "red_cell"
        yield from _ground(small, rescale(np.uint8(255) * (parts > 0), factor) > 0, 6, rng)


def _points(root: Path, name: str, side: str, rng: np.random.Generator) -> Iterator[_Cut]:
    points: dict[str, list[tuple[float, float]]] = {}
    for row in data.rows(root, name, side):
        points.setdefault(row["file"], []).append((float(row["x"]), float(row["y"])))
    factor = CHULA_MPP / cellkind.MPP
    for file, found in points.items():
        small = rescale(data.image(root, name, side, file), factor)
        for index in rng.choice(len(found), min(30, len(found)), replace=False):
            x, y = found[int(index)]
            yield data.square(small, x * factor, y * factor, CROP_PX), "red_cell"


def _single_cells(root: Path, name: str, side: str, rng: np.random.Generator) -> Iterator[_Cut]:
    lines = [line for line in data.rows(root, name, side) if line["class"] != "artefact"]
    for index in rng.choice(len(lines), min(3000, len(lines)), replace=False):
        line = lines[int(index)]
        small = rescale(data.image(root, name, side, line["file"]), SINGLE_CELL_MPP / cellkind.MPP)
        kind = "platelet" if line["class"].startswith("platelet") else "nucleated"
        yield data.square(small, small.shape[1] / 2, small.shape[0] / 2, CROP_PX), kind


def _sickle_boxes(root: Path, name: str, side: str, rng: np.random.Generator) -> Iterator[_Cut]:
    for row in data.rows(root, name, side):
        if row["class"] != "sickle":
            continue
        x, y, w, h = (float(row[k]) for k in "xywh")
        factor = SICKLE_UM / max(w, h) / cellkind.MPP
        small = rescale(data.image(root, name, side, row["file"]), factor)
        yield data.square(small, (x + w / 2) * factor, (y + h / 2) * factor, CROP_PX), "red_cell"


def _ground(small: NDArray[np.uint8], cells: NDArray[np.bool_], tries: int, rng: np.random.Generator) -> Iterator[_Cut]:
    far = ndimage.distance_transform_edt(~cells) > GROUND_UM / cellkind.MPP
    for _ in range(tries):
        y, x = rng.uniform(0, small.shape[0]), rng.uniform(0, small.shape[1])
        if far[int(y), int(x)]:
            yield data.square(small, x, y, CROP_PX), "nothing"


_SETS: dict[str, Callable[[Path, str, str, np.random.Generator], Iterator[_Cut]]] = {
    "txl-pbc": _boxes,
    "draaslan-blood": _boxes,
    "chula-rbc12": _points,
    "pbc": _single_cells,
    "jhu-aml": _single_cells,
    "bbbc041seg": _masks,
    "sickle-uganda": _sickle_boxes,
}

KIND_SETS = tuple(_SETS)
