"""Photographs that show the same place: where they overlap, and which part of each is counted so that no cell counts twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

LOOK_PX = 256
"""Pictures are compared at this length of their longer side."""
ALL_PAIRS, NEIGHBOURS = 40, 4
"""Up to so many pictures each is compared with each, of more with the next few: films are photographed along a line."""
LEAST_SHARE = 0.03
"""Of a picture's area; a smaller common part holds no whole cell."""
ALIKE = 0.5
"""Likeness of the common part from which two pictures show one place. Of 1,330 pairs of real fields (Chula RBC-12, Chula WBC)
the seven that overlap reach 0.69 to 0.99, the others 0.21 at most."""
GROUND_SQUARES = 8.0
"""Standard deviation of the blur that takes cells away and leaves the light's fall-off."""
LEAST_DETAIL = 2.0
PARTS, LEAST_PART = 4, 12
_PEAKS = 24

_Detail = NDArray[np.float32]
Box = tuple[int, int, int, int]
"""x, y, width, height in px."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Picture `second` lies with its corner at (`x_px`, `y_px`) of picture `first`."""

    first: int
    second: int
    x_px: int
    y_px: int


def overlaps(pictures: Iterable[NDArray[np.uint8]], n: int) -> list[Overlap]:
    """Which of `n` uint8 (H, W, 3) pictures, in the order in which they were taken, show a common part.

    By phase correlation (Kuglin and Hines, 1975); pictures of different sizes are not compared.
    """
    recent: deque[tuple[int, tuple[int, ...], _Detail, NDArray[np.complex128]]] = deque(
        maxlen=n if n <= ALL_PAIRS else NEIGHBOURS
    )
    pairs = []
    for j, picture in enumerate(pictures):
        look, step = _look(picture)
        spectrum = _spectrum(look)
        for i, shape, other, spectrum_of_other in recent:
            shift = _shift(spectrum_of_other, spectrum, other, look) if shape == picture.shape else None
            if shift is not None:
                pairs.append(Overlap(i, j, shift[0] * step, shift[1] * step))
        recent.append((j, picture.shape, look, spectrum))
    return pairs


def counted_part(size_px: tuple[int, int], hidden: Sequence[Box]) -> Box | None:
    """The largest part of a picture outside of the boxes that other pictures show, cut along straight lines; None for none."""
    x, y, w, h = 0, 0, *size_px
    for hx, hy, hw, hh in hidden:
        left, top = max(x, hx), max(y, hy)
        right, bottom = min(x + w, hx + hw), min(y + h, hy + hh)
        if left >= right or top >= bottom:
            continue
        parts = [
            (x, y, left - x, h), (right, y, x + w - right, h), (x, y, w, top - y), (x, bottom, w, y + h - bottom),
        ]  # fmt: skip
        x, y, w, h = max(parts, key=lambda p: p[2] * p[3])
        if w * h < LEAST_SHARE * size_px[0] * size_px[1]:
            return None
    return x, y, w, h


def _look(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
    """The picture's green in means over squares, less what is larger than a cell (light falls off alike in all), and their side
    in px."""
    step = max(1, -(-max(rgb.shape[:2]) // LOOK_PX))
    h, w = rgb.shape[0] // step * step, rgb.shape[1] // step * step
    green = rgb[:h, :w, 1].reshape(h // step, step, w // step, step).mean(axis=(1, 3))
    green = green.astype(np.float32)
    return green - ndimage.gaussian_filter(green, GROUND_SQUARES), step


def _spectrum(look: NDArray[np.float32]) -> NDArray[np.complex128]:
    """In a frame twice as large, so that no shift comes round."""
    h, w = look.shape
    return np.asarray(np.fft.rfft2(look - look.mean(), (2 * h, 2 * w)))


def _shift(
    a: NDArray[np.complex128], b: NDArray[np.complex128], look_a: NDArray[np.float32], look_b: NDArray[np.float32]
) -> tuple[int, int] | None:
    """x and y of b's corner in a, in squares; None where no common part is alike."""
    h, w = look_a.shape
    cross = a * np.conj(b)
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), (2 * h, 2 * w))
    for at in np.argsort(surface, axis=None)[: -_PEAKS - 1 : -1]:
        y, x = divmod(int(at), 2 * w)
        x, y = x - 2 * w if x >= w else x, y - 2 * h if y >= h else y
        if (w - abs(x)) * (h - abs(y)) >= LEAST_SHARE * w * h and _likeness(look_a, look_b, x, y) >= ALIKE:
            return x, y
    return None


def _likeness(a: NDArray[np.float32], b: NDArray[np.float32], x: int, y: int) -> float:
    """How well two pictures agree where both show something, b's corner at (x, y) of a: a quarter of the parts agree less.

    So a scale bar, or dust on the camera, the same in each picture, makes no overlap.
    """
    h, w = a.shape
    one = a[max(0, y) : h + min(0, y), max(0, x) : w + min(0, x)]
    other = b[max(0, -y) : h - max(0, y), max(0, -x) : w - max(0, x)]
    parts = []
    for rows in np.array_split(np.arange(one.shape[0]), max(1, min(PARTS, one.shape[0] // LEAST_PART))):
        for columns in np.array_split(np.arange(one.shape[1]), max(1, min(PARTS, one.shape[1] // LEAST_PART))):
            here = np.ix_(rows, columns)
            if min(one[here].std(), other[here].std()) >= LEAST_DETAIL:  # bare ground is alike everywhere
                parts.append(float(np.corrcoef(one[here].ravel(), other[here].ravel())[0, 1]))
    return float(np.quantile(parts, 0.25)) if parts else 0.0
