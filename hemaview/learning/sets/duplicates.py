"""Refuse data whose sides share pictures: a near-duplicate of a test picture in train makes every score a lie.

Found are copies that were recompressed, resized, made brighter or darker, mirrored, turned by quarters, and shifted or
cut by up to some 3 % of their width, also all of it together (`study copy-limits`). Not found are a third of the copies of
fields of many cells that were shifted, larger shifts and cuts, other turns, changes of colour that turn dark into light, some
copies in a poor quality of pictures below 100 px, and the same cell photographed twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import turned
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data

SIDES = ("train", "val", "test")
VIEWS = 8
LOOK_PX, COARSE_PX = 64, 16
NEAR = 0.7
"""Correlation of the outlines of 16 × 16 px looks from which a pair is looked at again: low, for a shifted copy keeps little
of it. What the limits find and take for a copy: `study copy-limits`."""
SAME = 0.975
"""Correlation of 64 × 64 px looks, laid over each other, from which two pictures are one."""
UNCHANGED = 0.985
"""Correlation of 16 × 16 px looks as they lie, which only a copy keeps that was neither turned nor shifted nor cut."""
ALTERED = ("txl-pbc", "wbc-masks-1")
"""Sets that come with altered copies of their own pictures, some of which lie on two sides. Who trains cannot mend that:
there such copies are told, and only unaltered ones refused."""
_MARGIN_PX, _BLOCK, _MOST_ZOOM = 4, 1000, 0.35

Looks = NDArray[np.float32]


class Pair(NamedTuple):
    """Rows of two looks at the same picture, and whether it lies there neither turned nor shifted nor cut."""

    own: int
    other: int
    unchanged: bool


def refuse_shared(
    experiment: Experiment, names: tuple[str, ...], cache: Path | None = None, log: Callable[[str], None] = print
) -> None:
    """Raise DataError naming the first pair of near-duplicates that lie on two sides of a set.

    What was looked at once is remembered in `cache`, by the labels of the sides and the sizes and times of their pictures.
    """
    for name in names:
        sides = [s for s in SIDES if not data.is_synthetic(name) and data.has(experiment, name, s)]
        if len(sides) < 2:
            continue
        sentence = _remembered(experiment, name, sides, cache) if cache else _looked_at(experiment, name, sides)
        if sentence:
            log(sentence)


def _remembered(experiment: Experiment, name: str, sides: list[str], cache: Path) -> str:
    marker = cache / f"{name}-sides-{_state(experiment, name, sides)}.ok"
    if not marker.exists():
        sentence = _looked_at(experiment, name, sides)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(sentence, encoding="utf-8")
    return marker.read_text(encoding="utf-8")


def _looked_at(experiment: Experiment, name: str, sides: list[str]) -> str:
    """What is to be told of the set; raises DataError at a pair that is refused."""
    sentences = []
    for one, two, pairs in between_sides(experiment, name, sides):
        for pair in pairs:
            a, b = data.files(experiment, name, one)[pair.own], data.files(experiment, name, two)[pair.other]
            if pair.unchanged or name not in ALTERED:
                raise data.DataError(
                    f"{name} shows the same picture on two sides: {one}/{a} and {two}/{b}; take one out."
                )
            sentences.append(f"{one}/{a} and {two}/{b}")
    if not sentences:
        return ""
    return f"{name} shows altered copies on two sides ({len(sentences)} pairs, first {sentences[0]}): scores on it may flatter"


def between_sides(experiment: Experiment, name: str, sides: Sequence[str]) -> Iterator[tuple[str, str, Iterator[Pair]]]:
    """For each two sides of a set the pairs of pictures that are one, as they lie in `data.files`."""
    looks = {side: looks_of(experiment, name, side) for side in sides}
    for i, one in enumerate(sides):
        for two in sides[i + 1 :]:
            yield one, two, shared(looks[one], looks[two])


def shared(looks: Looks, others: Looks) -> Iterator[Pair]:
    """The pairs of looks (n, 64, 64) and others (m, 64, 64) at the same picture, in any of its eight views."""
    own = _coarse(looks)
    for view in range(VIEWS):
        variant = turned(others, view)
        coarse = _coarse(variant)
        for at in range(0, len(own), _BLOCK):
            alike = own[at : at + _BLOCK] @ coarse.T
            for row, other in np.argwhere(alike >= NEAR):
                if laid_over(looks[at + row], variant[other]) >= SAME:
                    yield Pair(int(at + row), int(other), view == 0 and bool(alike[row, other] >= UNCHANGED))


def looks_of(experiment: Experiment, name: str, side: str) -> Looks:
    """Looks (n, 64, 64) at the pictures of one side, as they lie in `data.files`."""
    return np.stack([look(data.image(experiment, name, side, file)) for file in data.files(experiment, name, side)])


def look(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture uint8 (H, W, 3) as float32 (64, 64): grey, whatever its size and shape."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (LOOK_PX, LOOK_PX), interpolation=cv2.INTER_AREA).astype(np.float32)


def laid_over(own: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The correlation of two looks where they fit best: shifted, stretched and sheared a little."""
    middle = _outlines(own, 3.0)[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX]
    warp = np.eye(2, 3, dtype=np.float32)
    warp[:, 2] = _MARGIN_PX
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-4)
    everywhere = np.ones(other.shape, np.uint8)
    try:
        correlation, _ = cv2.findTransformECC(
            np.ascontiguousarray(middle), _outlines(other, 3.0), warp, cv2.MOTION_AFFINE, until, everywhere, 3
        )
    except cv2.error:  # nothing in common that could be laid over each other
        return 0.0
    zoom = float(np.linalg.det(warp[:, :2]))
    return float(correlation) if abs(zoom - 1) <= _MOST_ZOOM else 0.0


def _coarse(looks: Looks) -> NDArray[np.float32]:
    """(n, 256): outlines of small looks, the strongest cut off, with mean 0 and length 1, so that products correlate."""
    small = [
        _outlines(cv2.resize(look, (COARSE_PX, COARSE_PX), interpolation=cv2.INTER_AREA), 1.5).ravel() for look in looks
    ]
    rows = np.stack(small)
    most = 2 * np.median(np.abs(rows), axis=1, keepdims=True)
    rows = np.clip(rows, -most, most)
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), np.float32)


def _outlines(grey: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    """What a blur takes away: edges stay, brightness and slow shades go."""
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), blur), np.float32)


def _state(experiment: Experiment, name: str, sides: list[str]) -> str:
    """Twelve hexadecimal digits that change with the labels, with any picture's size or time, and with the limits."""
    state = hashlib.sha256(f"{NEAR} {SAME} {UNCHANGED} {name in ALTERED}".encode())
    for side in sides:
        state.update((experiment.root / name / side / "labels.csv").read_bytes())
        for path in sorted((experiment.root / name / side / "images").rglob("*")):
            about = path.stat()
            state.update(f"{path.name} {about.st_size} {about.st_mtime_ns}\n".encode())
    return state.hexdigest()[:12]
