"""Pictures at low power in which every nucleated cell is marked: what the finder of nucleated cells learns from.

Labelled fields as they are; single cells pasted with a soft edge into real fields of red cells, beside platelets and red
cells pasted alike, so that no edge gives a cell away; fields of marrow whose other cells are left out of the loss. What
nobody labelled and is stained like a nucleus is left out of the loss everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hemaview.inference.pictures import rescale
from hemaview.learning.engine.segment import CHULA_MPP, PBC_MPP, mask_parts, mpp_of, mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data
from hemaview.learning.sets.marrowscenes import MPP as MARROW_MPP
from hemaview.learning.sets.marrowscenes import marrow_field
from hemaview.methods.nuclearstain import LEAST_UM2, MPP, nuclear, red_density
from hemaview.methods.seeker import STRIDE

KEPT_MPP = 0.3
"""µm/px of the fields and cells in memory: fine enough for what is shown largest."""
WHITE_CELL_UM = 12.0
"""Width of the typical white cell of wbc-masks-1 and -2, which tell no scale."""
SCALE = float(np.log(1.5))
"""Pictures are shown up to so much (log) larger or smaller than they are: a slide's µm/px may be wrong."""
NEAR_UM = 8.0
"""Around a marked cell what is stained like a nucleus is its own."""
SPREAD_PX = 1.0
"""Standard deviation of the target's peaks, px of the answer."""
NO_NUCLEUS = ("platelet", "giant_platelet", "platelet_clump")
CELL_SETS = ("pbc", "jhu-aml", "raabin-wbc")
UNSURE = ("smudge", "artefact")


@dataclass(frozen=True)
class Marked:
    """A picture whose nucleated cells are labelled."""

    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3) at KEPT_MPP."""
    centres: NDArray[np.float32]
    """Of its nucleated cells, (n, 2: x, y px)."""
    unknown: NDArray[np.bool_]
    """What of it is left out of the loss, bool (H, W)."""


@dataclass(frozen=True)
class Cell:
    """One cell in the middle of a square uint8 (side, side, 3) at KEPT_MPP, and whether it has a nucleus."""

    rgb: NDArray[np.uint8]
    nucleated: bool


@dataclass(frozen=True)
class SeekPool:
    """What scenes are made of."""

    fields: tuple[Marked, ...]
    """Labelled fields, small ones mostly."""
    marrow: tuple[Marked, ...]
    """Labelled fields of marrow."""
    grounds: tuple[Marked, ...]
    """Fields of red cells, into which is pasted."""
    cells: tuple[Cell, ...]
    """Nucleated cells, to be pasted."""
    others: tuple[Cell, ...]
    """Platelets and red cells."""


def unlabelled_nuclei(rgb: NDArray[np.uint8], centres: NDArray[np.float32]) -> NDArray[np.bool_]:
    """What is stained like a nucleus, is as large as one and lies at no marked cell, with a margin; of a picture at
    KEPT_MPP. Where red cells are as dense as that, nuclei are what is twice as dense."""
    density = red_density(rescale(rgb, KEPT_MPP / MPP))
    cells = density[density > 0.08]
    typical = float(np.median(cells)) if len(cells) > 100 else 0.0
    parts, n = ndimage.label(nuclear(density) & (density > 2 * min(typical, 0.3)))
    sizes = np.bincount(parts.ravel(), minlength=n + 1) * MPP**2
    sizes[0] = 0
    dense = cv2.dilate((sizes >= LEAST_UM2)[parts].astype(np.uint8), np.ones((7, 7), np.uint8))
    full = cv2.resize(dense, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    near = np.zeros(rgb.shape[:2], np.uint8)
    for x, y in centres:
        cv2.circle(near, (round(float(x)), round(float(y))), round(NEAR_UM / KEPT_MPP), 1, cv2.FILLED)
    return np.asarray(full & (near == 0))


def boxed_fields(experiment: Experiment, name: str, split: str) -> list[Marked]:
    """Fields with boxes (txl-pbc, draaslan-blood), at the scale of their red cells; all white cells are labelled. What the
    edge cuts is left out."""
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, name, split):
        lines.setdefault(row["file"], []).append(row)
    scenes = []
    for file, rows in lines.items():
        red = [max(float(r["w"]), float(r["h"])) for r in rows if r["class"] == "RBC"]
        if len(red) < 3:
            continue
        factor = mpp_of_boxes(red) / KEPT_MPP
        rgb = rescale(data.image(experiment, name, split, file), factor)
        boxes = np.array([[float(r[k]) * factor for k in "xywh"] for r in rows if r["class"] == "WBC"]).reshape(-1, 4)
        h, w = rgb.shape[:2]
        whole = whole_boxes(boxes, w, h)
        unknown = np.zeros((h, w), bool)
        for x, y, bw, bh in boxes[~whole].astype(int):
            unknown[y : y + bh + 1, x : x + bw + 1] = True
        centres = (boxes[:, :2] + boxes[:, 2:] / 2)[whole].astype(np.float32)
        scenes.append(Marked(rgb, centres, unknown))
    return scenes


def whole_boxes(boxes: NDArray[np.float64], width_px: float, height_px: float) -> NDArray[np.bool_]:
    """bool (n,): which boxes (n, 4: x, y, w, h) the picture's edge does not cut: of some it leaves a sliver."""
    ends = boxes[:, :2] + boxes[:, 2:]
    return np.asarray((boxes[:, :2] > 2).all(axis=1) & (ends < (width_px - 2, height_px - 2)).all(axis=1))


def masked_cells(experiment: Experiment, name: str, split: str) -> list[Marked]:
    """Pictures of one white cell with its mask (wbc-masks-1, -2), at the scale of the set's typical cell."""
    photographs, widths = [], []
    for row in data.rows(experiment, name, split):
        mask = data.mask(experiment, name, split, str(Path(row["file"]).with_suffix(""))) > 0
        parts, n = ndimage.label(mask)
        if not n:
            continue
        sizes = ndimage.sum_labels(mask, parts, np.arange(1, n + 1))
        y, x = ndimage.center_of_mass(parts == 1 + int(np.argmax(sizes)))
        photographs.append((data.image(experiment, name, split, row["file"]), x, y))
        widths.append(2 * np.sqrt(float(max(sizes)) / np.pi))
    factor = WHITE_CELL_UM / float(np.median(widths)) / KEPT_MPP if widths else 1.0
    scenes = []
    for rgb, x, y in photographs:
        small, centre = rescale(rgb, factor), np.array([[x * factor, y * factor]], np.float32)
        scenes.append(Marked(small, centre, unlabelled_nuclei(small, centre)))
    return scenes


def red_fields(experiment: Experiment, split: str) -> list[Marked]:
    """Fields of chula-rbc12 and bbbc041seg, whose few white cells nobody labelled."""
    scenes = []
    nobody = np.zeros((0, 2), np.float32)
    for name in ("chula-rbc12", "bbbc041seg"):
        if not data.has(experiment, name, split):
            continue
        for file in data.files(experiment, name, split)[:: 2 if name == "chula-rbc12" else 1]:
            rgb = data.image(experiment, name, split, file)
            mpp = CHULA_MPP
            if name == "bbbc041seg":
                mpp = mpp_of(mask_parts(data.mask(experiment, name, split, Path(file).stem)))
            small = rescale(rgb, mpp / KEPT_MPP)
            scenes.append(Marked(small, nobody, unlabelled_nuclei(small, nobody)))
    return scenes


def marrow_fields(experiment: Experiment, split: str) -> list[Marked]:
    """Fields of segpc-plasma: plasma cells that touch no other are marked, other nuclei are left out."""
    scenes = []
    for file in data.files(experiment, "segpc-plasma", split):
        scene = marrow_field(experiment, split, file)
        factor = MARROW_MPP / KEPT_MPP
        rgb = rescale(scene.rgb, factor)
        sides = (scene.boxes[:, 2:] - scene.boxes[:, :2]) * MARROW_MPP
        single = (sides.max(axis=1) < 24) & (sides.min(axis=1) > 6) if len(sides) else np.zeros(0, bool)
        centres = ((scene.boxes[:, :2] + scene.boxes[:, 2:]) / 2 * factor)[single].astype(np.float32)
        scenes.append(Marked(rgb, centres, unlabelled_nuclei(rgb, centres)))
    return scenes


def single_cells(
    experiment: Experiment,
    split: str,
    cache: Path | None,
    most: int,
    seed: int,
    sets: Sequence[str] = CELL_SETS,
    kinds: Sequence[str] = (),
) -> tuple[list[Cell], list[Cell]]:
    """(nucleated cells, platelets and red cells) of the sets of single cells and of chula-rbc12; classes drawn alike, or
    nucleated cells of `kinds` alone."""
    rng = np.random.default_rng(seed)
    cells: list[Cell] = []
    others: list[Cell] = []
    for name in sets:
        if not data.has(experiment, name, split):
            continue
        crops = data.cell_crops(experiment, name, split, cache)
        fine = np.array(crops.fine)
        there = [k for k in np.unique(fine) if k not in UNSURE and (not kinds or k in (*kinds, *NO_NUCLEUS))]
        for kind in there:
            rows = np.flatnonzero(fine == kind)
            share = most // len(there) * (3 if kind == "erythroblast" else 1)
            for row in rng.permutation(rows)[:share]:
                cell = Cell(
                    rescale(np.ascontiguousarray(crops.images[int(row)]), PBC_MPP / KEPT_MPP), kind not in NO_NUCLEUS
                )
                (cells if cell.nucleated else others).append(cell)
    if data.has(experiment, "chula-rbc12", split):
        side = round(27 / CHULA_MPP)
        crops = data.point_crops(experiment, "chula-rbc12", split, side, cache)
        for row in rng.permutation(len(crops))[: most // 3]:
            others.append(Cell(rescale(np.ascontiguousarray(crops.images[int(row)]), CHULA_MPP / KEPT_MPP), False))
    return cells, others


def seek_pool(experiment: Experiment, split: str, cache: Path | None, most: int = 1200, seed: int = 5) -> SeekPool:
    """Everything of a split that is there."""
    fields = [
        m
        for name in ("txl-pbc", "draaslan-blood")
        if data.has(experiment, name, split)
        for m in boxed_fields(experiment, name, split)
    ]
    fields += [
        m
        for name in ("wbc-masks-1", "wbc-masks-2")
        if data.has(experiment, name, split)
        for m in masked_cells(experiment, name, split)
    ]
    marrow = marrow_fields(experiment, split) if data.has(experiment, "segpc-plasma", split) else []
    cells, others = single_cells(experiment, split, cache, most, seed)
    return SeekPool(tuple(fields), tuple(marrow), tuple(red_fields(experiment, split)), tuple(cells), tuple(others))


@dataclass(frozen=True)
class SeekScene:
    """A scene as the net learns from it."""

    rgb: NDArray[np.uint8]
    """uint8 (side, side, 3), at MPP, more or less."""
    centres: NDArray[np.float32]
    """Of its nucleated cells, (n, 2: x, y px)."""
    unknown: NDArray[np.bool_]
    """What of it is left out of the loss, bool (side, side)."""

    def target(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(heatmap float32, known bool), both (side / STRIDE, side / STRIDE): 1 at each centre, falling off around it."""
        side = self.rgb.shape[0] // STRIDE
        y, x = np.mgrid[0:side, 0:side].astype(np.float32)
        heat = np.zeros((side, side), np.float32)
        for cx, cy in self.centres:
            px, py = np.clip(np.floor(np.array([cx, cy]) / STRIDE), 0, side - 1)
            heat = np.maximum(heat, np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * SPREAD_PX**2)))
        unknown = self.unknown.reshape(side, STRIDE, side, STRIDE).mean(axis=(1, 3)) > 0.3
        return heat, ~unknown | (heat > 0.5)


def draw_scene(pool: SeekPool, side_px: int, rng: np.random.Generator, scale: float = SCALE) -> SeekScene:
    """One scene: four small fields side by side, or a field of red cells with cells pasted into it, or marrow."""
    kind = rng.random()
    if kind < 0.4 and pool.fields:
        half = side_px // 2
        quarters = [_window(_one(pool.fields, rng), half, rng, scale) for _ in range(4)]
        rgb = np.empty((side_px, side_px, 3), np.uint8)
        unknown = np.empty((side_px, side_px), bool)
        centres = []
        for i, part in enumerate(quarters):
            x, y = half * (i % 2), half * (i // 2)
            rgb[y : y + half, x : x + half], unknown[y : y + half, x : x + half] = part.rgb, part.unknown
            centres.append(part.centres + np.array([x, y], np.float32))
        return SeekScene(rgb, np.concatenate(centres), unknown)
    if kind < 0.5 and pool.marrow:
        return _window(_one(pool.marrow, rng), side_px, rng, scale)
    return _pasted(_window(_one(pool.grounds, rng), side_px, rng, scale), pool, rng)


def _one(pool: tuple[Marked, ...], rng: np.random.Generator) -> Marked:
    return pool[int(rng.integers(len(pool)))]


def _window(field: Marked, side_px: int, rng: np.random.Generator, scale: float) -> SeekScene:
    """A square of a field, rescaled, turned and mirrored; what lies outside the field is mirrored and left out."""
    factor = KEPT_MPP / MPP * float(np.exp(rng.uniform(-scale, scale)))
    need = round(side_px / factor)
    h, w = field.rgb.shape[:2]
    if len(field.centres) and rng.random() < 0.7:
        at = field.centres[int(rng.integers(len(field.centres)))] + rng.uniform(-0.45, 0.45, 2) * need - need / 2
    else:
        at = rng.uniform(0, 1, 2) * (w - need, h - need)
    left, top = (
        int(np.clip(round(float(v)), min(0, size - need), max(0, size - need)))
        for v, size in zip(at, (w, h), strict=True)
    )
    columns, rows = np.arange(left, left + need), np.arange(top, top + need)
    outside = ((columns < 0) | (columns >= w))[None] | ((rows < 0) | (rows >= h))[:, None]
    place = np.ix_(_mirrored(rows, h), _mirrored(columns, w))
    size = (side_px, side_px)
    shrinks = need > side_px
    rgb = cv2.resize(field.rgb[place], size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    unknown = cv2.resize((field.unknown[place] | outside).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    centres = (field.centres - np.array([left, top], np.float32)) * np.float32(side_px / need)
    centres = centres[((centres >= 0) & (centres < side_px)).all(axis=1)]
    turns, mirror = int(rng.integers(4)), rng.random() < 0.5
    for _ in range(turns):
        rgb, unknown = np.rot90(rgb), np.rot90(unknown)
        centres = np.stack([centres[:, 1], side_px - centres[:, 0]], axis=1)
    if mirror:
        rgb, unknown = rgb[:, ::-1], unknown[:, ::-1]
        centres = np.stack([side_px - centres[:, 0], centres[:, 1]], axis=1)
    return SeekScene(np.ascontiguousarray(rgb), centres.astype(np.float32), np.ascontiguousarray(unknown))


def _mirrored(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    around = np.abs(index) % max(1, 2 * length - 2)
    return np.where(around >= length, 2 * length - 2 - around, around).clip(0, length - 1)


def _pasted(scene: SeekScene, pool: SeekPool, rng: np.random.Generator) -> SeekScene:
    """The scene with up to five nucleated cells and up to four other things pasted into it, a cell's width apart."""
    rgb, side = scene.rgb.astype(np.float32), scene.rgb.shape[0]
    light = np.percentile(scene.rgb.reshape(-1, 3), 90, axis=0)
    centres, occupied = list(scene.centres), list(scene.centres)
    unknown = scene.unknown.copy()
    things = [(pool.cells, True)] * int(rng.integers(0, 6)) + [(pool.others, False)] * int(rng.integers(0, 5))
    for kind, nucleated in things:
        if not kind:
            continue
        cell = kind[int(rng.integers(len(kind)))]
        factor = KEPT_MPP / MPP * float(np.exp(rng.uniform(-SCALE, SCALE) * 0.6))
        at = rng.uniform(2, side - 2, 2)
        if any(np.hypot(*(at - other)) < 14 / MPP for other in occupied):
            continue
        occupied.append(at.astype(np.float32))
        small = cv2.resize(cell.rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.float32)
        # The light behind a cell differs from film to film: its colours are brought to the field's.
        small *= light / np.maximum(np.percentile(small.reshape(-1, 3), 90, axis=0), 1)
        small = np.rot90(small, int(rng.integers(4)))
        h, w = small.shape[:2]
        y, x = np.mgrid[0:h, 0:w]
        radius = float(rng.uniform(6.0, 9.5)) * factor * MPP / KEPT_MPP / MPP
        soft = float(rng.uniform(1.0, 3.0))
        alpha = np.clip((radius - np.hypot(x - w / 2, y - h / 2)) / soft + 0.5, 0, 1)
        # Where the picture of the cell shows its ground, the field shows through.
        dense = -np.log((small.sum(axis=2) + 1) / (float(light.sum()) + 1))
        alpha = (alpha * cv2.GaussianBlur(np.clip((dense - 0.04) / 0.08, 0, 1), (0, 0), 0.7))[..., None]
        left, top = round(float(at[0]) - w / 2), round(float(at[1]) - h / 2)
        x0, y0, x1, y1 = max(0, left), max(0, top), min(side, left + w), min(side, top + h)
        inner = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        place = rgb[y0:y1, x0:x1]
        place += alpha[inner] * (small[inner] - place)
        unknown[y0:y1, x0:x1] &= alpha[inner][..., 0] < 0.5
        if nucleated:
            centres.append(at.astype(np.float32))
    return SeekScene(np.clip(rgb, 0, 255).astype(np.uint8), np.array(centres, np.float32).reshape(-1, 2), unknown)
