"""Photographs that show the same place, and how they lie beside each other on the film."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
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
LEAST_SQUARES, SHARP_PEAK, MORE_ALIKE = 2000, 9.0, 0.65
"""Of pictures of different sizes, which may be small and are alike by chance more often: squares in the common part, height of
the correlation's peak in standard deviations, and likeness. Of crops of any size of 25,000 pairs of real fields of six sets one
that shares nothing passed; of 480 crops that share a tenth or more some six are missed."""
GROUND_SQUARES = 8.0
"""Standard deviation of the blur that takes cells away and leaves the light's fall-off."""
LEAST_DETAIL = 2.0
PARTS, LEAST_PART = 4, 12
_PEAKS = 24
NEAR_PX = 768
"""Side of the square, in the middle of a common part, by which two pictures are brought together to the pixel."""
MOST_OFF = 0.02
"""Of a picture's longer side: a pair of pictures that lies farther off where all others put them is none."""

_Detail = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Picture `second` lies with its corner at (`x_px`, `y_px`) of picture `first`."""

    first: int
    second: int
    x_px: int
    y_px: int


def overlaps(read: Callable[[int], NDArray[np.uint8]], sizes_px: Sequence[tuple[int, int]]) -> list[Overlap]:
    """Which pictures, uint8 (H, W, 3), of sizes (w, h), in the order in which they were taken, show a common part at one
    scale; `read` gives each. By phase correlation (Kuglin and Hines, 1975)."""
    n = len(sizes_px)
    steps = [_step(*size) for size in sizes_px]
    recent: deque[_Looks] = deque(maxlen=n if n <= ALL_PAIRS else NEIGHBOURS)
    pairs = []
    for j in range(n):
        picture = read(j)
        looks = _Looks(j, {step: _look(picture, step) for step in set(steps) if step >= steps[j]})
        for other in recent:
            i, step = other.index, max(steps[j], steps[other.index])
            a, b = other.at(step), looks.at(step)
            shift = _shift(*other.compared(step, b.shape), *looks.compared(step, a.shape))
            if shift is not None:
                x, y = _to_the_pixel(read(i), picture, shift[0] * step, shift[1] * step, step)
                pairs.append(Overlap(i, j, x, y))
        recent.append(looks)
    return pairs


class _Looks:
    """A picture in squares of one side and of others, and its spectra beside pictures of other shapes."""

    def __init__(self, index: int, by_step: dict[int, _Detail]) -> None:
        self.index = index
        self._by_step = by_step
        self._spectra: dict[tuple[int, tuple[int, int]], NDArray[np.complex128]] = {}

    def at(self, step: int) -> _Detail:
        return self._by_step[step]

    def compared(self, step: int, other: tuple[int, ...]) -> tuple[NDArray[np.complex128], _Detail]:
        """Spectrum, in a frame as large as this look and one of that shape, so that no shift comes round, and the look."""
        look = self._by_step[step]
        frame = look.shape[0] + other[0], look.shape[1] + other[1]
        if (step, frame) not in self._spectra:
            self._spectra[step, frame] = np.fft.rfft2(look - look.mean(), frame)
        return self._spectra[step, frame], look


@dataclass(frozen=True, slots=True)
class OnFilm:
    """Where a picture lies among those that show the same part of the film."""

    patch: int
    """The number of that part."""
    x_px: int
    """Of its corner, from that of the patch's first picture."""
    y_px: int
    """Likewise."""

    def as_json(self) -> dict[str, int]:
        return {"patch": self.patch, "x": self.x_px, "y": self.y_px}


def on_film(pairs: Sequence[Overlap], sizes_px: Sequence[tuple[int, int]]) -> list[OnFilm | None]:
    """Where each of the pictures of sizes (w, h) lies; None for one that overlaps none. Where pairs disagree by a few px, their
    mean (least squares); one that contradicts the others is left out."""
    agreeing = list(pairs)
    while True:
        patches, at = _patches(agreeing, len(sizes_px)), _least_squares(agreeing, len(sizes_px))
        off = [float(np.hypot(*(at[p.second] - at[p.first] - (p.x_px, p.y_px)))) for p in agreeing]
        if not agreeing or max(off) <= MOST_OFF * max(sizes_px[agreeing[int(np.argmax(off))].first]):
            break
        agreeing.pop(int(np.argmax(off)))
    places: list[OnFilm | None] = [None] * len(sizes_px)
    for number, members in enumerate(patches):
        for i in members:
            x, y = np.rint(at[i] - at[members[0]]).astype(int)
            places[i] = OnFilm(number, int(x), int(y))
    return places


def _patches(pairs: Sequence[Overlap], n: int) -> list[list[int]]:
    """The pictures of each part of the film, in their order; those that overlap none are in no patch."""
    root = list(range(n))

    def of(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for pair in pairs:
        one, other = sorted((of(pair.first), of(pair.second)))
        root[other] = one
    members: dict[int, list[int]] = {}
    for i in range(n):
        members.setdefault(of(i), []).append(i)
    return [patch for patch in members.values() if len(patch) > 1]


def _least_squares(pairs: Sequence[Overlap], n: int) -> NDArray[np.float64]:
    """Corners (n, 2: x, y) that agree best with the pairs, within each patch."""
    equations, shifts = np.zeros((len(pairs), n)), np.zeros((len(pairs), 2))
    for row, pair in enumerate(pairs):
        equations[row, pair.second], equations[row, pair.first] = 1, -1
        shifts[row] = pair.x_px, pair.y_px
    return np.asarray(np.linalg.lstsq(equations, shifts, rcond=None)[0]) if pairs else np.zeros((n, 2))


def _to_the_pixel(a: NDArray[np.uint8], b: NDArray[np.uint8], x: int, y: int, step: int) -> tuple[int, int]:
    """Where b's corner lies in a, px, known to be about (x, y) from pictures that were `step` times smaller."""
    left, top = max(0, x), max(0, y)
    right, bottom = min(a.shape[1], b.shape[1] + x), min(a.shape[0], b.shape[0] + y)
    cx, cy, half = (left + right) // 2, (top + bottom) // 2, NEAR_PX // 2
    left, top, right, bottom = max(left, cx - half), max(top, cy - half), min(right, cx + half), min(bottom, cy + half)
    one = _detail(a[top:bottom, left:right, 1], step)
    other = _detail(b[top - y : bottom - y, left - x : right - x, 1], step)
    reach = 2 * step + 2
    shape = (one.shape[0] + 2 * reach, one.shape[1] + 2 * reach)
    likeness = np.fft.irfft2(np.fft.rfft2(one, shape) * np.conj(np.fft.rfft2(other, shape)), shape)
    near = np.roll(likeness, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    dy, dx = divmod(int(near.argmax()), near.shape[1])
    return x + dx - reach, y + dy - reach


def _detail(green: NDArray[np.uint8], step: int) -> NDArray[np.float64]:
    """What is smaller than some cells, float64 (H, W), fading to nothing at its sides, so that no side weighs in."""
    plane = green.astype(np.float64)
    plane -= ndimage.gaussian_filter(plane, GROUND_SQUARES * step)
    return np.asarray(plane * np.outer(np.hanning(plane.shape[0] + 2)[1:-1], np.hanning(plane.shape[1] + 2)[1:-1]))


def _step(w: int, h: int) -> int:
    """Side of the squares in which a picture of that size is compared, px."""
    return max(1, -(-max(w, h) // LOOK_PX))


def _look(rgb: NDArray[np.uint8], step: int) -> _Detail:
    """The picture's green in means over squares of `step` px, less what is larger than a cell (light falls off alike in all)."""
    h, w = rgb.shape[0] // step * step, rgb.shape[1] // step * step
    green = rgb[:h, :w, 1].reshape(h // step, step, w // step, step).mean(axis=(1, 3))
    green = green.astype(np.float32)
    return green - ndimage.gaussian_filter(green, GROUND_SQUARES)


def _shift(
    a: NDArray[np.complex128], look_a: _Detail, b: NDArray[np.complex128], look_b: _Detail
) -> tuple[int, int] | None:
    """x and y of b's corner in a, in squares; None where no common part is alike."""
    (h, w), (h_b, w_b) = look_a.shape, look_b.shape
    cross = a * np.conj(b)
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), (h + h_b, w + w_b))
    one_size = (h, w) == (h_b, w_b)
    least, alike = (LEAST_SHARE * w * h, ALIKE) if one_size else (LEAST_SQUARES, MORE_ALIKE)
    if not one_size and surface.max() < SHARP_PEAK * surface.std():
        return None
    for at in np.argsort(surface, axis=None)[: -_PEAKS - 1 : -1]:
        y, x = divmod(int(at), w + w_b)
        x, y = x - w - w_b if x >= w else x, y - h - h_b if y >= h else y
        wide, high = min(w, x + w_b) - max(0, x), min(h, y + h_b) - max(0, y)
        if min(wide, high) > 0 and wide * high >= least and _likeness(look_a, look_b, x, y) >= alike:
            return x, y
    return None


def _likeness(a: _Detail, b: _Detail, x: int, y: int) -> float:
    """How well two pictures agree where both show something, b's corner at (x, y) of a: a quarter of the parts agree less.

    So a scale bar, or dust on the camera, the same in each picture, makes no overlap.
    """
    (h, w), (h_b, w_b) = a.shape, b.shape
    one = a[max(0, y) : min(h, y + h_b), max(0, x) : min(w, x + w_b)]
    other = b[max(0, -y) : min(h_b, h - y), max(0, -x) : min(w_b, w - x)]
    parts = []
    for rows in np.array_split(np.arange(one.shape[0]), max(1, min(PARTS, one.shape[0] // LEAST_PART))):
        for columns in np.array_split(np.arange(one.shape[1]), max(1, min(PARTS, one.shape[1] // LEAST_PART))):
            here = np.ix_(rows, columns)
            if min(one[here].std(), other[here].std()) >= LEAST_DETAIL:  # bare ground is alike everywhere
                parts.append(float(np.corrcoef(one[here].ravel(), other[here].ravel())[0, 1]))
    return float(np.quantile(parts, 0.25)) if parts else 0.0
