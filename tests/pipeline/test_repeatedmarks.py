"""A scale bar that stands at one place in most photographs of a set is known in the others too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hemaview.pipeline.burntin import covered, marks
from hemaview.pipeline.repeatedmarks import with_repeated

PHOTOS = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12"


def photo(number: int) -> NDArray[np.uint8]:
    return np.asarray(Image.open(PHOTOS / f"{number}.webp").convert("RGB"))


def marked(pictures: list[NDArray[np.uint8]]) -> tuple[list[int], list[int]]:
    """How many marks each picture has by itself, and by the set."""
    sizes = [(p.shape[1], p.shape[0]) for p in pictures]
    alone = [marks(p) for p in pictures]
    together = with_repeated(alone, sizes, lambda i: pictures[i])
    return [len(m) for m in alone], [len(m) for m in together]


def test_a_real_bar_that_cells_hide_is_known_by_the_others_of_its_camera() -> None:
    alone, together = marked([photo(n) for n in (603, 604, 605, 253, 675)])
    assert alone == [1, 1, 1, 0, 0] and together == [1, 1, 1, 1, 1]


def test_a_photograph_without_the_bar_keeps_its_cells() -> None:
    barred = [photo(n) for n in (603, 604, 605)]
    box = covered(marks(barred[0]), (0, 0), (1, 1), (640, 480))
    without = barred[1].copy()
    y, x = np.nonzero(box)
    without[y.min() : y.max() + 1, x.min() : x.max() + 1] = barred[1][
        100 : 101 + y.max() - y.min(), x.min() : x.max() + 1
    ]
    assert marked([*barred, without])[1] == [1, 1, 1, 0]


def test_two_photographs_and_those_of_another_size_tell_nothing() -> None:
    assert marked([photo(603), photo(604), photo(253)])[1] == [1, 1, 0]
    smaller = photo(253)[:470]
    assert marked([photo(603), photo(604), photo(605), smaller])[1] == [1, 1, 1, 0]
