"""Find nuclei without learning (Sun et al., "Deep learning-based adaptive detection of fetal nucleated red blood cells").

Gaussian filter, adaptive threshold, watershed informed by the grey-level gradient, removal of debris, and bottleneck
detection against over-segmentation; then a patch around each nucleus, padded to 120 × 120 px, for p-net.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.segmentation import watershed

PATCH_PX = 120
DIVISOR = 3.06
MOST_DARK = 0.85
"""A threshold that takes more of the picture than this was set by the ground itself: there is no nucleus."""


@dataclass(frozen=True)
class Extraction:
    """Sizes at which nuclei are looked for, in px of the picture."""

    blur_px: float = 1.0
    """Standard deviation of the blur before the threshold."""
    least_area_px: int = 60
    """Of a nucleus."""
    peak_distance_px: int = 5
    """Least between the middles of two nuclei."""
    neck: float = 0.6
    """Share of the smaller part's diameter from which two parts that touch are one nucleus cut in two."""


def threshold(grey: NDArray[np.uint8], as_printed: bool = False) -> float:
    """The adaptive threshold T of the paper's formula, in grey levels.

    As printed, T = (locs + (256 - locs)) / 3.06, which is 83.66 for every picture; the evident intent is
    T = locs + (256 - locs) / 3.06, with locs the first extreme point of the smoothed histogram.
    """
    locs = first_extreme(grey)
    return (locs + (256 - locs)) / DIVISOR if as_printed else locs + (256 - locs) / DIVISOR


def first_extreme(grey: NDArray[np.uint8]) -> int:
    """Grey level of the first peak of the histogram from the dark end that holds at least 0.1 % of the pixels."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(float)
    smooth = ndimage.gaussian_filter1d(counts, 4.0)
    enough = 0.001 * grey.size
    for level in range(1, 255):
        if smooth[level] >= smooth[level - 1] and smooth[level] > smooth[level + 1] and smooth[level] * 9 >= enough:
            return level
    return int(smooth.argmax())


def nuclei(rgb: NDArray[np.uint8], how: Extraction | None = None, as_printed: bool = False) -> NDArray[np.int32]:
    """Instances int32 (H, W), 0 = none, of the nuclei in uint8 (H, W, 3)."""
    how = how or Extraction()
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), how.blur_px)
    mask = grey < threshold(np.asarray(grey, np.uint8), as_printed)
    mask = ndimage.binary_opening(ndimage.binary_fill_holes(mask), iterations=1)
    if not mask.any() or mask.mean() > MOST_DARK:
        return np.zeros(grey.shape, np.int32)
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask).astype(np.float32), 1.0)
    parts, _ = ndimage.label(mask)
    peaks = peak_local_max(depth, min_distance=how.peak_distance_px, labels=parts)
    markers = np.zeros(grey.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    slope = np.hypot(ndimage.sobel(grey.astype(np.float32), 0), ndimage.sobel(grey.astype(np.float32), 1))
    # The gradient parts nuclei where an edge runs between them, the depth where none does.
    landscape = slope / max(1.0, float(slope.max())) - depth / max(1.0, float(depth.max()))
    labels = np.asarray(watershed(landscape, markers, mask=mask), np.int32)
    labels = join_bottlenecks(labels, how.neck)
    return without_debris(labels, how.least_area_px)


def join_bottlenecks(labels: NDArray[np.int32], neck: float) -> NDArray[np.int32]:
    """Join parts whose shared border is at least `neck` times the diameter of the smaller: no bottleneck lies there."""
    n = int(labels.max())
    if n < 2:
        return labels
    borders: dict[tuple[int, int], int] = {}
    for one, other in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        touch = (one != other) & (one > 0) & (other > 0)
        for pair in zip(one[touch], other[touch], strict=True):
            key = (int(min(pair)), int(max(pair)))
            borders[key] = borders.get(key, 0) + 1
    area = np.bincount(labels.ravel(), minlength=n + 1).astype(float)
    parent = list(range(n + 1))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for (a, b), length in sorted(borders.items(), key=lambda item: -item[1]):
        a, b = root(a), root(b)
        diameter = 2 * np.sqrt(min(area[a], area[b]) / np.pi)
        if a != b and length >= neck * diameter:
            parent[b] = a
            area[a] += area[b]
    return np.array([root(i) for i in range(n + 1)], np.int32)[labels]


def joined_lobes(labels: NDArray[np.int32], apart_px: float) -> NDArray[np.int32]:
    """Parts less than apart_px from each other as one, numbered anew: the lobes of a segmented nucleus belong together."""
    near = ndimage.distance_transform_edt(labels == 0) <= apart_px / 2
    together, _ = ndimage.label(near, np.ones((3, 3)))
    return np.asarray(np.where(labels > 0, together, 0), np.int32)


def without_debris(labels: NDArray[np.int32], least_area_px: float) -> NDArray[np.int32]:
    """Parts of at least least_area_px, numbered anew from 1."""
    area = np.bincount(labels.ravel())
    keep = area >= least_area_px
    keep[0] = False
    return np.asarray((np.cumsum(keep) * keep)[labels], np.int32)


def patch(rgb: NDArray[np.uint8], box: tuple[int, int, int, int], margin_px: int = 12) -> NDArray[np.uint8]:
    """uint8 (120, 120, 3): the box (x, y, w, h) with a margin for the cytoplasm, white filled in around it."""
    x, y, w, h = box
    left, top = max(0, x - margin_px), max(0, y - margin_px)
    right, bottom = min(rgb.shape[1], x + w + margin_px), min(rgb.shape[0], y + h + margin_px)
    if right - left > PATCH_PX:
        left, right = (left + right - PATCH_PX) // 2, (left + right + PATCH_PX) // 2
    if bottom - top > PATCH_PX:
        top, bottom = (top + bottom - PATCH_PX) // 2, (top + bottom + PATCH_PX) // 2
    out = np.full((PATCH_PX, PATCH_PX, 3), 255, np.uint8)
    oy, ox = (PATCH_PX - (bottom - top)) // 2, (PATCH_PX - (right - left)) // 2
    out[oy : oy + bottom - top, ox : ox + right - left] = rgb[top:bottom, left:right]
    return out


def central_patch(rgb: NDArray[np.uint8], how: Extraction | None = None) -> NDArray[np.uint8] | None:
    """The patch of the nucleus that lies nearest the picture's middle, its lobes included; None where there is none."""
    labels = nuclei(rgb, how)
    if not labels.any():
        return None
    # Lobes of one nucleus are parts of their own: what lies within a cell's reach of the middle goes together.
    h, w = labels.shape
    y, x = np.nonzero(labels)
    near = np.hypot(y - h / 2, x - w / 2) < 0.3 * min(h, w)
    if not near.any():
        return None
    near_middle = np.isin(labels, np.unique(labels[y[near], x[near]]))
    ys, xs = np.nonzero(near_middle)
    return patch(rgb, (int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1))
