"""Fields of red cells to learn sickle cells on: boxes of phone fields, outlined ones pasted, and fields without any.

Positive and negative fields of sickle-uganda differ in stain and light, by which a net could tell them. So cells are cut
out of the positive fields and pasted into negative ones in these fields' own stain, grounds are made even, and a share of
all scenes is shown without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import rescale
from hemaview.learning.engine.segment import CHULA_MPP, mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.seekscenes import SeekScene
from hemaview.learning.sets import data
from hemaview.pipeline.eyepiece import EVEN, evenly_lit, eyepiece_of
from hemaview.pipeline.scale import mpp_through_eyepiece

MPP = 0.2
"""µm/px of what the finder is shown, about that of a phone's pictures."""
IDB_MPP = 0.147
"""erythrocytes-idb: its circular cells are 49 px wide."""
CUT_UM = 1.0
"""A cut-out shows so much around its loose box."""
LIKE = 0.8
"""A cell's pixel is at least this dark, by its density, of what is stained around it."""
ELONGATED = ("elliptocyte", "ovalocyte", "teardrop", "schistocyte")
"""chula-rbc12: fields with more than MOST_ELONGATED of these are no negatives."""
MOST_ELONGATED = 2
KNOWN = 0.2
"""In so many scenes of positive fields cells without a box count as negatives: they hold many that nobody boxed."""
SCALE = 0.28
"""Sizes are drawn between their own divided and multiplied by 1 plus this: a phone's µm/px are estimated."""
GREY = 0.35
"""Share of scenes without colour."""
PASTED = 3
"""Sickle cells at most that are pasted into a scene."""
TRIES = 25


@dataclass(frozen=True)
class SickleField:
    """A field on an even ground, at MPP."""

    name: str
    """Its file's."""
    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3)."""
    centres: NDArray[np.float32]
    """Of its boxes of sickle cells, (n, 2: x, y px)."""
    sides: NDArray[np.float32]
    """Of its boxes, (n, 2), px."""
    complete: bool
    """Whether a cell without a box is no sickle cell."""


@dataclass(frozen=True)
class CutOut:
    """Optical density (h, w, 3) of a sickle cell on nothing, at MPP."""

    density: NDArray[np.float32]


@dataclass(frozen=True)
class SicklePool:
    """What scenes are made of."""

    positive: tuple[SickleField, ...]
    """Fields with boxes."""
    phone_negative: tuple[SickleField, ...]
    """Fields of people without sickle cells, through the same phones."""
    negative: tuple[SickleField, ...]
    """Those, and fields of other sets."""
    cells: tuple[CutOut, ...]
    """Cells cut out, to be pasted."""


def sickle_pool(experiment: Experiment, split: str) -> SicklePool:
    """Everything of a split that is there; raises DataError where there is no field."""
    fields = uganda_fields(experiment, split)
    positive = tuple(f for f in fields if not f.complete)
    phone_negative = tuple(f for f in fields if f.complete)
    negative = (*phone_negative, *_chula(experiment, split), *_txl(experiment, split))
    if not positive or not phone_negative:
        raise data.DataError(f"sickle-uganda/{split} lacks fields with, or without, sickle cells.")
    cells = [CutOut(c) for f in positive for c in _cut_out(f)]
    if data.has(experiment, "erythrocytes-idb", split):
        cells += [CutOut(c) for c in _outlined(experiment, split)]
    return SicklePool(positive, phone_negative, negative, tuple(cells))


def uganda_fields(experiment: Experiment, split: str) -> list[SickleField]:
    """The fields of sickle-uganda, their scale by their round field."""
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, "sickle-uganda", split):
        lines.setdefault(row["file"], []).append(row)
    return [_field(data.image(experiment, "sickle-uganda", split, file), file, rows) for file, rows in lines.items()]


def _field(rgb: NDArray[np.uint8], file: str, rows: list[dict[str, str]]) -> SickleField:
    eyepiece = eyepiece_of(rgb)
    factor = (mpp_through_eyepiece(eyepiece) if eyepiece is not None else 0.2) / MPP
    boxes = np.array([[float(r[k]) for k in "xywh"] for r in rows if r["class"] == "sickle"], np.float32).reshape(-1, 4)
    small = evenly_lit(rescale(rgb, factor))
    centres = (boxes[:, :2] + boxes[:, 2:] / 2) * np.float32(factor)
    return SickleField(file, small, np.asarray(centres, np.float32), boxes[:, 2:] * np.float32(factor), not len(boxes))


def on_even_ground(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture (H, W, 3) with its ground, the lightest twentieth of it, at EVEN."""
    ground = np.percentile(rgb.reshape(-1, 3), 95, axis=0)
    return np.asarray((rgb * (EVEN / np.maximum(ground, 1))).clip(0, 255), np.uint8)


def _chula(experiment: Experiment, split: str) -> list[SickleField]:
    if not data.has(experiment, "chula-rbc12", split):
        return []
    elongated: dict[str, int] = {}
    for row in data.rows(experiment, "chula-rbc12", split):
        elongated[row["file"]] = elongated.get(row["file"], 0) + (row["class"] in ELONGATED)
    files = [file for file, n in elongated.items() if n <= MOST_ELONGATED][::3]
    return [
        _negative(file, rescale(data.image(experiment, "chula-rbc12", split, file), CHULA_MPP / MPP)) for file in files
    ]


def _txl(experiment: Experiment, split: str) -> list[SickleField]:
    if not data.has(experiment, "txl-pbc", split):
        return []
    sides: dict[str, list[float]] = {}
    for row in data.rows(experiment, "txl-pbc", split):
        if row["class"] == "RBC":
            sides.setdefault(row["file"], []).append(max(float(row["w"]), float(row["h"])))
    return [
        _negative(file, rescale(data.image(experiment, "txl-pbc", split, file), mpp_of_boxes(own) / MPP))
        for file, own in list(sides.items())[::5]
        if len(own) >= 3
    ]


def _negative(name: str, rgb: NDArray[np.uint8]) -> SickleField:
    nothing = np.zeros((0, 2), np.float32)
    return SickleField(name, on_even_ground(rgb), nothing, nothing, True)


def density_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Optical density float32 (H, W, 3) over an even ground, never below 0."""
    return np.asarray(np.log((EVEN + 1) / (rgb.astype(np.float32) + 1)).clip(0), np.float32)


def _cut_out(field: SickleField) -> list[NDArray[np.float32]]:
    """The thing in the middle of each box, without what else lies in it."""
    cells = []
    density = density_of(field.rgb)
    grey = density.mean(axis=2)
    h, w = grey.shape
    for (cx, cy), (bw, bh) in zip(field.centres, field.sides, strict=True):
        x0, y0 = max(0, int(cx - bw / 2 - CUT_UM / MPP)), max(0, int(cy - bh / 2 - CUT_UM / MPP))
        x1, y1 = min(w, int(cx + bw / 2 + CUT_UM / MPP) + 1), min(h, int(cy + bh / 2 + CUT_UM / MPP) + 1)
        own = grey[y0:y1, x0:x1]
        if min(own.shape) < 8:
            continue
        level = max(0.03, 0.4 * float(np.percentile(own, 95)))
        parts, labels = cv2.connectedComponents((cv2.GaussianBlur(own, (0, 0), 1.0) > level).astype(np.uint8))
        middle = (slice(own.shape[0] // 3, -(own.shape[0] // 3)), slice(own.shape[1] // 3, -(own.shape[1] // 3)))
        sizes = np.bincount(labels[middle].ravel(), minlength=parts)
        sizes[0] = 0
        if not sizes.any():
            continue
        mask = (labels == int(sizes.argmax())).astype(np.float32)
        soft = cv2.GaussianBlur(cv2.dilate(mask, np.ones((3, 3), np.uint8)), (0, 0), 1.0)
        cells.append(density[y0:y1, x0:x1] * soft[..., None])
    return cells


def _outlined(experiment: Experiment, split: str) -> list[NDArray[np.float32]]:
    """Elongated cells of erythrocytes-idb by their masks."""
    outlines = []
    for row in data.rows(experiment, "erythrocytes-idb", split):
        if row["class"] != "elongated":
            continue
        rgb = data.image(experiment, "erythrocytes-idb", split, row["file"])
        mask = (data.mask(experiment, "erythrocytes-idb", split, row["file"].rpartition(".")[0]) > 0).astype(np.float32)
        ground = np.median(rgb[mask == 0], axis=0) if (mask == 0).any() else np.full(3, float(EVEN))
        even = np.asarray((rgb * (EVEN / np.maximum(ground, 1))).clip(0, 255), np.uint8)
        size = (round(mask.shape[1] * IDB_MPP / MPP), round(mask.shape[0] * IDB_MPP / MPP))
        soft = cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), 0.7)
        outlines.append(density_of(rescale(even, IDB_MPP / MPP))[: soft.shape[0], : soft.shape[1]] * soft[..., None])
    return outlines


def draw_scene(pool: SicklePool, side_px: int, rng: np.random.Generator) -> SeekScene:
    """One scene (side, side): of a positive field around a box, of a negative field, or of one with cells pasted into it."""
    kind = rng.random()
    if kind < 0.4:
        field = pool.positive[int(rng.integers(len(pool.positive)))]
        scene = _window(field, side_px, rng, int(rng.integers(len(field.centres))))
        if rng.random() < KNOWN:
            scene = SeekScene(scene.rgb, scene.centres, np.zeros_like(scene.unknown))
    else:
        among = pool.negative if rng.random() < 0.4 else pool.phone_negative
        scene = _window(among[int(rng.integers(len(among)))], side_px, rng, None)
        if kind < 0.8 and pool.cells:
            scene = _pasted(scene, pool, rng)
    if rng.random() < GREY:
        grey = scene.rgb.mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8)
        scene = SeekScene(grey, scene.centres, scene.unknown)
    return scene


def _window(field: SickleField, side_px: int, rng: np.random.Generator, around: int | None) -> SeekScene:
    """A turned, mirrored, rescaled part of a field; box number `around` lies in it."""
    h, w = field.rgb.shape[:2]
    middle = np.array([rng.uniform(0.2, 0.8) * w, rng.uniform(0.2, 0.8) * h])
    if around is not None:
        middle = field.centres[around] + rng.uniform(-0.3, 0.3, 2) * side_px
    scale = float(np.exp(rng.uniform(-1, 1) * np.log1p(SCALE)))
    turn = rng.uniform(0, 2 * np.pi)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[cos * flip, -sin], [sin * flip, cos]])
    affine = np.concatenate([linear, (side_px / 2 - linear @ middle)[:, None]], axis=1)
    rgb = cv2.warpAffine(field.rgb, affine, (side_px, side_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    centres = field.centres @ linear.T.astype(np.float32) + affine[:, 2].astype(np.float32)
    within = ((centres >= 2) & (centres < side_px - 2)).all(axis=1)
    unknown = np.full((side_px, side_px), not field.complete)
    for (x, y), (bw, bh) in zip(centres, field.sides, strict=True):
        cv2_mask = unknown.view(np.uint8)
        cv2.circle(cv2_mask, (round(float(x)), round(float(y))), round(scale * float(max(bw, bh)) * 0.5), 0, cv2.FILLED)
    return SeekScene(np.asarray(rgb, np.uint8), centres[within], unknown)


def _pasted(scene: SeekScene, pool: SicklePool, rng: np.random.Generator) -> SeekScene:
    """Sickle cells laid on free ground of a scene without any, in the stain of its cells."""
    density = density_of(scene.rgb)
    stained = density.mean(axis=2)
    own = np.median(density[stained > np.percentile(stained, 80)], axis=0)
    side = scene.rgb.shape[0]
    centres = [*scene.centres]
    for _ in range(int(rng.integers(1, PASTED + 1))):
        cell = _turned(pool.cells[int(rng.integers(len(pool.cells)))].density, rng)
        h, w = cell.shape[:2]
        if max(h, w) >= side - 4:
            continue
        grey = cell.mean(axis=2)
        there = grey > 0.5 * max(0.02, float(np.percentile(grey, 98)))
        if there.sum() < 12:
            continue
        # In its neighbours' colour, and between its own depth of stain and theirs: sickle cells are often paler or darker.
        depth = np.log(max(float(own.mean()), 0.02) / max(float(np.median(grey[there])), 0.02)) * rng.uniform(0.5, 1.0)
        cell_density = (
            grey[..., None] * (own / max(float(own.mean()), 1e-3)).astype(np.float32) * np.float32(np.exp(depth))
        )
        for _ in range(TRIES):
            x, y = int(rng.integers(2, side - w - 2)), int(rng.integers(2, side - h - 2))
            place = np.s_[y : y + h, x : x + w]
            if (stained[place][there] > 0.3 * float(own.mean())).mean() > 0.12:
                continue
            density[place] = np.maximum(density[place], cell_density)
            stained = density.mean(axis=2)
            ys, xs = np.nonzero(there)
            centres.append(np.array([x + xs.mean(), y + ys.mean()], np.float32))
            break
    rgb = ((EVEN + 1) * np.exp(-density) - 1).clip(0, 255)
    lighter = scene.rgb > EVEN
    rgb[lighter] = scene.rgb[lighter]
    return SeekScene(rgb.astype(np.uint8), np.array(centres, np.float32).reshape(-1, 2), scene.unknown)


def _turned(density: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    h, w = density.shape[:2]
    side = int(np.ceil(np.hypot(h, w)))
    scale = float(rng.uniform(0.85, 1.2))
    affine = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.uniform(0, 360)), scale)
    side = round(side * max(1.0, scale))
    affine[:, 2] += (side / 2 - w / 2, side / 2 - h / 2)
    canvas = cv2.warpAffine(density, affine, (side, side), flags=cv2.INTER_LINEAR, borderValue=0)
    ys, xs = np.nonzero(canvas.mean(axis=2) > 0.01)
    if not len(ys):
        return density
    return np.asarray(canvas[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1], np.float32)
