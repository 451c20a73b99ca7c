"""Marks that a program burns into every photograph at one place: those that cells hide from `burntin` in some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hemaview.pipeline.burntin import ALIKE, Outline

SEVERAL = 3
"""In so many photographs of one size a mark must have been seen at one place."""
OFF_PX = 3
"""By which the same mark is outlined otherwise."""
PLAIN = 40
"""Levels by which the mark differs from what is around it."""

_Box = tuple[int, int, int, int]


def with_repeated(
    written: Sequence[list[Outline]], sizes: Sequence[tuple[int, int]], read: Callable[[int], NDArray[np.uint8]]
) -> list[list[Outline]]:
    """The outlines of each photograph's marks, px, with those that at least SEVERAL others of its size (w, h) have at the same
    place and that it shows there, too; `read` gives a photograph uint8 (H, W, 3)."""
    answer = [list(outlines) for outlines in written]
    marks_at: list[tuple[tuple[int, int], _Box, Outline, list[int]]] = []
    for i, outlines in enumerate(written):
        for outline in outlines:
            box = _box(outline)
            same = next((s for s in marks_at if s[0] == sizes[i] and _near(s[1], box)), None)
            if same is None:
                marks_at.append((sizes[i], box, outline, [i]))
            elif i not in same[3]:
                same[3].append(i)
    for size, box, outline, members in marks_at:
        without = [i for i, other in enumerate(sizes) if other == size and i not in members]
        if len(members) < SEVERAL or not without:
            continue
        crops = np.stack([_crop(read(i), box) for i in members]).astype(np.float32)
        usual = np.median(crops, axis=0)
        steady = (np.abs(crops - usual).mean(axis=0) <= ALIKE / 2).all(axis=2)
        plain = np.abs(usual - np.median(usual, axis=(0, 1))).max(axis=2) >= PLAIN
        mark = steady & plain
        for i in without:
            if mark.any() and np.abs(_crop(read(i), box)[mark] - usual[mark]).mean() <= ALIKE:
                answer[i].append(outline)
    return answer


def _box(outline: Outline) -> _Box:
    """Left, top, right, bottom."""
    x, y = zip(*outline, strict=True)
    return min(x), min(y), max(x), max(y)


def _near(one: _Box, other: _Box) -> bool:
    return all(abs(a - b) <= OFF_PX for a, b in zip(one, other, strict=True))


def _crop(rgb: NDArray[np.uint8], box: _Box) -> NDArray[np.float32]:
    left, top, right, bottom = box
    return rgb[max(0, top) : bottom + 1, max(0, left) : right + 1].astype(np.float32)
