"""Average precision of detected boxes (Everingham et al. 2010; 101 recall points as in COCO), and pictures with boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data

DETECTION_CLASSES = ("WBC", "RBC", "platelet")


@dataclass(frozen=True)
class Scene:
    """A picture with boxes."""

    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3)."""
    boxes: NDArray[np.float32]
    """float32 (n, 4: x0, y0, x1, y1) px."""
    labels: NDArray[np.int64]
    """Class numbers, int64 (n,)."""


@dataclass(frozen=True)
class Hits:
    """Detections of one class in one picture, best first."""

    scores: NDArray[np.float32]
    """(n,)."""
    hit: NDArray[np.bool_]
    """Whether each is a cell that there is, bool (n,)."""
    true: int
    """How many cells there are."""


def scenes(experiment: Experiment, name: str, split: str, classes: Sequence[str], longest_px: int = 0) -> list[Scene]:
    """The pictures of a set with boxes, resized so that the longer side is longest_px (0: as they are)."""
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, name, split):
        lines.setdefault(row["file"], []).append(row)
    pictures = []
    for file, rows in lines.items():
        rgb = data.image(experiment, name, split, file)
        factor = longest_px / max(rgb.shape[:2]) if longest_px else 1.0
        labelled = [r for r in rows if r["class"] in classes]
        boxes = np.array(
            [
                [float(r["x"]), float(r["y"]), float(r["x"]) + float(r["w"]), float(r["y"]) + float(r["h"])]
                for r in labelled
            ],
            np.float32,
        ).reshape(-1, 4)
        labels = np.array([classes.index(r["class"]) for r in labelled], np.int64)
        pictures.append(Scene(resized(rgb, factor), boxes * np.float32(factor), labels))
    return pictures


def resized(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """The picture at `factor` times its size."""
    if factor == 1.0:
        return rgb
    size = max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, size, interpolation=how), np.uint8)


def box_overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union float32 (n, m)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(x[:, 2:] - x[:, :2]).prod(axis=1) for x in (a, b)]
    return np.asarray(both / np.maximum(areas[0][:, None] + areas[1][None] - both, 1e-9), np.float32)


def hits(predicted: Boxes, truth: Scene, label: int, iou: float = 0.5) -> Hits:
    """Each detection of a class, best first, takes the best free box of that class it overlaps by `iou` or more."""
    rows = np.flatnonzero(predicted.labels == label)
    rows = rows[np.argsort(-predicted.scores[rows], kind="stable")]
    boxes = truth.boxes[truth.labels == label]
    table = box_overlaps(predicted.boxes[rows], boxes)
    free = np.ones(len(boxes), bool)
    is_hit = np.zeros(len(rows), bool)
    for i in range(len(rows)):
        if not len(boxes):
            break
        best = int(np.where(free, table[i], -1).argmax())
        if free[best] and table[i, best] >= iou:
            is_hit[i], free[best] = True, False
    return Hits(predicted.scores[rows], is_hit, len(boxes))


def average_precision(parts: Sequence[Hits]) -> float:
    """Average precision over the pictures of one class; NaN where there is no such cell."""
    true = sum(p.true for p in parts)
    if not true:
        return float("nan")
    scores, is_hit = np.concatenate([p.scores for p in parts]), np.concatenate([p.hit for p in parts])
    is_hit = is_hit[np.argsort(-scores, kind="stable")]
    right = np.cumsum(is_hit)
    recall, precision = right / true, right / np.arange(1, len(is_hit) + 1)
    best_from = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.append(best_from, 0.0)[np.minimum(place, len(is_hit))].mean())
