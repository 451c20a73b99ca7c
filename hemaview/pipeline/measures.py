"""What is measured of each cell from its mask: box, centre, contour, area, circularity, pallor, nucleus."""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from hemaview.pipeline.cheaplook import density_of


@dataclass(frozen=True)
class Measured:
    """n cells of one field, lengths in its px."""

    ids: NDArray[np.int32]
    """Their numbers in the instance mask (n,)."""
    boxes: NDArray[np.float64]
    """float (n, 4: x, y, w, h)."""
    centres: NDArray[np.float64]
    """float (n, 2: x, y)."""
    area_px: NDArray[np.float64]
    """(n,)."""
    circularity: NDArray[np.float64]
    """4π area / perimeter² (n,)."""
    solidity: NDArray[np.float64]
    """Area over that of the convex hull (n,)."""
    axis_ratio: NDArray[np.float64]
    """Short against long axis of the ellipse of the same moments (n,); 1 for a disc."""
    pallor: NDArray[np.float64]
    """How much less dense the middle is than the rim, 0 to 1 (n,); NaN of what is too small to tell."""
    nucleus_share: NDArray[np.float64]
    """Share of the cell that is nucleus (n,); NaN of what has one density."""
    contours: tuple[NDArray[np.float64], ...]
    """One a cell, float (points, 2)."""

    def __len__(self) -> int:
        return len(self.area_px)

    def take(self, rows: NDArray[np.int64]) -> Measured:
        """Some of the cells."""
        columns = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "contours"}
        return Measured(**columns, contours=tuple(self.contours[int(i)] for i in rows))


def measure(labels: NDArray[np.int32], rgb: NDArray[np.uint8]) -> Measured:
    """Measure every instance of int32 (H, W) on uint8 (H, W, 3); the largest part of each, no holes."""
    density = density_of(rgb)
    ids: list[int] = []
    boxes, centres, areas, rounds, solids, ratios, pallors, nuclei = [], [], [], [], [], [], [], []
    contours = []
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is None:
            continue
        own = (labels[place] == index).astype(np.uint8)
        outlines, _ = cv2.findContours(np.pad(own, 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        if not outlines:
            continue
        contour = max(outlines, key=cv2.contourArea)
        # findContours runs through the centres of the border's px: half a px of width is missing all around.
        around = cv2.arcLength(contour, True)
        area = cv2.contourArea(contour) + around / 2 + 1
        if area < 4 or around == 0:
            continue
        hull = cv2.convexHull(contour)
        hull_area = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
        body = np.zeros((own.shape[0] + 2, own.shape[1] + 2), np.uint8)
        cv2.drawContours(body, [contour], -1, 1, cv2.FILLED)
        body = body[1:-1, 1:-1]
        top, left = place[0].start, place[1].start
        x, y, w, h = cv2.boundingRect(contour)
        ys, xs = np.nonzero(body)
        ids.append(index)
        boxes.append((left + x - 1, top + y - 1, w, h))
        centres.append((left + xs.mean() + 0.5, top + ys.mean() + 0.5))
        areas.append(area)
        rounds.append(min(1.0, 4 * np.pi * area / (around + np.pi) ** 2))
        solids.append(min(1.0, area / hull_area))
        ratios.append(_axis_ratio(xs, ys))
        inside = density[place]
        pallors.append(_pallor(body, inside))
        nuclei.append(_nucleus(body.astype(bool), inside))
        contours.append(contour[:, 0, :].astype(np.float64) + (left - 0.5, top - 0.5))
    n = len(areas)
    return Measured(
        np.array(ids, np.int32),
        np.array(boxes, np.float64).reshape(n, 4),
        np.array(centres, np.float64).reshape(n, 2),
        np.array(areas),
        np.array(rounds),
        np.array(solids),
        np.array(ratios),
        np.array(pallors),
        np.array(nuclei),
        tuple(contours),
    )


def measured_boxes(boxes: NDArray[np.float32]) -> Measured:
    """Cells of which only boxes (n, 4: x0, y0, x1, y1) px are known: nothing of their mask is measured."""
    n = len(boxes)
    unknown = np.full(n, np.nan)
    size = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
    return Measured(
        np.arange(1, n + 1, dtype=np.int32),
        np.concatenate([boxes[:, :2].astype(np.float64), size], axis=1),
        ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(np.float64),
        unknown,
        unknown,
        unknown,
        unknown,
        unknown,
        unknown,
        tuple(np.zeros((0, 2)) for _ in range(n)),
    )


def _axis_ratio(xs: NDArray[np.int64], ys: NDArray[np.int64]) -> float:
    """Short against long axis of the ellipse with the mask's second moments; 1 for a disc."""
    if len(xs) < 6:
        return 1.0
    short, long = np.linalg.eigvalsh(np.cov(np.stack([xs, ys]).astype(float)))
    return float(np.sqrt(max(short, 0.0) / max(long, 1e-9)))


def _pallor(own: NDArray[np.uint8], density: NDArray[np.float32]) -> float:
    """1 - density of the middle third against that of the densest ring: 0 for a spherocyte, near 1 for a ghost."""
    depth = cv2.distanceTransform(np.pad(own, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    deepest = float(depth.max())
    if deepest < 3:
        return float("nan")
    middle = density[depth > 0.7 * deepest]
    ring = density[(depth > 0.15 * deepest) & (depth < 0.55 * deepest)]
    if not len(middle) or not len(ring):
        return float("nan")
    return float(np.clip(1 - middle.mean() / max(1e-3, float(np.percentile(ring, 75))), 0, 1))


def _nucleus(own: NDArray[np.bool_], density: NDArray[np.float32]) -> float:
    """Share of the cell's area that is nucleus (Otsu inside the cell)."""
    values = density[own]
    if len(values) < 30 or float(np.ptp(values)) < 0.2:
        return float("nan")
    return float((values > threshold_otsu(values)).mean())
