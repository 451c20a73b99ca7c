"""Marrow fields with boxes, made of what there is: cells of pbc and jhu-aml pasted on real marrow of segpc-plasma.

A stand-in for the sixteen-class boxes of Wang et al., which no public set has. The marrow's own other cells carry no
label, as in the paper's partly labelled slides. Cell and marrow of a scene come from the same split.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hemaview.inference import Masker, load_as
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data
from hemaview.learning.sets.boxes import Scene, box_overlaps

MPP = 0.22
"""µm/px of segpc-plasma's 512 px pictures, judged by its plasma cells; pbc and jhu-aml are nominally 0.2."""
CELL_MPP = 0.2
CLASSES = (
    "blast", "promyelocyte", "myelocyte", "metamyelocyte", "band_neutrophil", "segmented_neutrophil", "eosinophil",
    "monocyte", "erythroblast", "lymphocyte", "plasma_cell",
)  # fmt: skip
"""What can be trained of the paper's sixteen: erythroblasts without their four stages, no mitoses, no megakaryocytes."""
_OURS = {"promonocyte": "monocyte", "lymphocyte_variant": "lymphocyte"}
LEAST_CELL_PX = 900


@dataclass(frozen=True)
class CutCell:
    """One cell cut out of its picture."""

    rgb: NDArray[np.uint8]
    """uint8 (h, w, 3)."""
    alpha: NDArray[np.float32]
    """How much of each pixel is cell, float32 (h, w)."""
    light: NDArray[np.float64]
    """The colour (3,) of the light behind it."""
    label: int
    """Its class number."""


def cut_cells(experiment: Experiment, split: str, cache: Path | None, per_class: int, seed: int) -> list[CutCell]:
    """Up to per_class cells of each class and set, cut out by the shipped mask model; kept in `cache`, so that a training
    that goes on does not cut them again."""
    masker = load_as(Masker, "wbc-mask-unet", experiment.nets)
    sets = [name for name in ("pbc", "jhu-aml") if data.has(experiment, name, split)]
    key = f"{sets} {split} {per_class} {seed} {masker.info.sha256}".encode()
    cache_file = cache / f"cut-cells-{hashlib.sha256(key).hexdigest()[:16]}.npz" if cache is not None else None
    if cache_file is not None and cache_file.exists():
        return _read(cache_file)
    rng = np.random.default_rng(seed)
    cells = []
    for name in sets:
        crops = data.cell_crops(experiment, name, split, cache)
        labels = np.array([_OURS.get(f, f) for f in crops.fine])
        for number, label in enumerate(CLASSES):
            rows = np.flatnonzero(labels == label)
            for row in rng.permutation(rows)[:per_class]:
                cell = cut_out(np.ascontiguousarray(crops.images[int(row)]), masker, number)
                if cell is not None:
                    cells.append(cell)
    if cache_file is not None:
        _write(cache_file, cells)
    return cells


def _write(path: Path, cells: list[CutCell]) -> None:
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        shapes=np.array([c.alpha.shape for c in cells], np.int32).reshape(-1, 2),
        rgb=np.concatenate([c.rgb.reshape(-1, 3) for c in cells]),
        alpha=np.concatenate([c.alpha.ravel() for c in cells]),
        light=np.stack([c.light for c in cells]),
        labels=np.array([c.label for c in cells], np.int64),
    )
    part.replace(path)


def _read(path: Path) -> list[CutCell]:
    with np.load(path) as archive:
        shapes, rgb, alpha, light, labels = (archive[k] for k in ("shapes", "rgb", "alpha", "light", "labels"))
    ends = np.cumsum(shapes.prod(axis=1))
    return [
        CutCell(rgb[end - h * w : end].reshape(h, w, 3), alpha[end - h * w : end].reshape(h, w), own, int(label))
        for (h, w), end, own, label in zip(shapes.tolist(), ends.tolist(), light, labels, strict=True)
    ]


def cut_out(rgb: NDArray[np.uint8], masker: Masker, label: int) -> CutCell | None:
    """The cell in the middle of a picture; None where no mask of a cell's size is there."""
    parts, _ = ndimage.label(ndimage.binary_fill_holes(masker.mask(rgb, views=1) > 0))
    middle = parts[parts.shape[0] // 4 : -parts.shape[0] // 4, parts.shape[1] // 4 : -parts.shape[1] // 4]
    sizes = np.bincount(middle.ravel())
    if len(sizes) < 2:
        return None
    own = parts == int(sizes[1:].argmax()) + 1
    if own.sum() < LEAST_CELL_PX:
        return None
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    place = np.s_[max(0, rows[0] - 2) : rows[-1] + 3, max(0, columns[0] - 2) : columns[-1] + 3]
    alpha = cv2.GaussianBlur(own.astype(np.float32), (0, 0), 1.0)
    return CutCell(rgb[place].copy(), alpha[place], np.percentile(rgb.reshape(-1, 3), 90, axis=0), label)


def marrow_field(experiment: Experiment, split: str, file: str) -> Scene:
    """A field without its bars, with a box for each part of the plasma cells' mask that is of a cell's size."""
    rgb = data.image(experiment, "segpc-plasma", split, file)
    mask = data.mask(experiment, "segpc-plasma", split, Path(file).stem) > 0
    # The bars above and below are of one colour each: their lines do not vary.
    lines = np.flatnonzero(rgb.std(axis=(1, 2)) - rgb.mean(axis=1).std(axis=1) > 4)
    top, bottom = int(lines[0]), int(lines[-1]) + 1
    rgb, mask = rgb[top:bottom], mask[top:bottom]
    parts, _ = ndimage.label(mask)
    boxes = [
        (p[1].start, p[0].start, p[1].stop, p[0].stop)
        for i, p in enumerate(ndimage.find_objects(parts), start=1)
        if (parts[p] == i).sum() >= LEAST_CELL_PX
    ]
    labels = np.full(len(boxes), CLASSES.index("plasma_cell"), np.int64)
    return Scene(np.ascontiguousarray(rgb), np.array(boxes, np.float32).reshape(-1, 4), labels)


def scenes(
    experiment: Experiment,
    split: str,
    n: int,
    seed: int,
    cache: Path | None = None,
    per_class: int = 30,
    pasted: tuple[int, int] = (5, 9),
) -> list[Scene]:
    """n scenes: a marrow field with `pasted` cells, fewest and most, classes drawn alike; the same for the same seed."""
    rng = np.random.default_rng(seed)
    cells = cut_cells(experiment, split, cache, per_class, seed)
    by_class = [[c for c in cells if c.label == number] for number in range(len(CLASSES))]
    by_class = [own for own in by_class if own]
    fields = [marrow_field(experiment, split, f) for f in data.files(experiment, "segpc-plasma", split)]
    return [_composed(fields[int(rng.integers(len(fields)))], by_class, rng, pasted) for _ in range(n)]


def _composed(field: Scene, by_class: list[list[CutCell]], rng: np.random.Generator, pasted: tuple[int, int]) -> Scene:
    rgb, boxes, labels = field.rgb.astype(np.float32), list(field.boxes), list(field.labels)
    light = np.percentile(field.rgb.reshape(-1, 3), 90, axis=0)
    for _ in range(int(rng.integers(pasted[0], pasted[1] + 1))):
        own = by_class[int(rng.integers(len(by_class)))]
        cell = own[int(rng.integers(len(own)))]
        turns = int(rng.integers(4))
        factor = CELL_MPP / MPP * float(np.exp(rng.uniform(-0.08, 0.08)))
        size = max(8, round(cell.rgb.shape[1] * factor)), max(8, round(cell.rgb.shape[0] * factor))
        # The light behind a cell differs from film to film: its colours are brought to the field's.
        lit = np.clip(cell.rgb * (light / np.maximum(cell.light, 1)), 0, 255).astype(np.float32)
        patch = np.rot90(cv2.resize(lit, size, interpolation=cv2.INTER_AREA), turns)
        alpha = np.rot90(cv2.resize(cell.alpha, size, interpolation=cv2.INTER_AREA), turns)
        h, w = alpha.shape
        if h >= rgb.shape[0] or w >= rgb.shape[1]:
            continue
        for _ in range(12):
            x, y = int(rng.integers(0, rgb.shape[1] - w)), int(rng.integers(0, rgb.shape[0] - h))
            box = np.array([x, y, x + w, y + h], np.float32)
            if not boxes or float(box_overlaps(box[None], np.array(boxes, np.float32)).max()) < 0.02:
                break
        else:
            continue
        place = rgb[y : y + h, x : x + w]
        place += alpha[..., None] * (patch - place)
        boxes.append(box)
        labels.append(cell.label)
    return Scene(
        np.clip(rgb, 0, 255).astype(np.uint8), np.array(boxes, np.float32).reshape(-1, 4), np.array(labels, np.int64)
    )
