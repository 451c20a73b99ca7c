"""Cells that people named, as a set to learn from: pictures, classes, and where each came from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FEWEST, MOST = 20, 500
"""Of fewer cells a site's net learns nothing; of more nothing that matters."""


@dataclass(frozen=True)
class LabelledCells:
    """n cells that people named; every column has one entry a cell."""

    pictures: NDArray[np.uint8]
    """As the net that learns is shown them, uint8 (n, side, side, 3)."""
    classes: tuple[str, ...]
    """Keys of those that people gave."""
    machine: tuple[str, ...]
    """Keys of those that the analysis gave."""
    slides: tuple[str, ...]
    """Their ids."""
    readers: tuple[str, ...]
    """Who named them."""
    at: tuple[str, ...]
    """When, ISO 8601 in UTC."""
    source: tuple[str, ...]
    """The analysis and the row in its cell file, or the added cell."""

    def __post_init__(self) -> None:
        lengths = {f.name: len(getattr(self, f.name)) for f in fields(self)}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"The columns of labelled cells differ in length: {lengths}.")

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def by_class(self) -> dict[str, int]:
        """Class to how many cells have it, the most first."""
        return dict(Counter(self.classes).most_common())

    def records(self) -> list[dict[str, str]]:
        """Each cell without its picture, as it is kept beside what was learned."""
        columns = ("classes", "machine", "slides", "readers", "at", "source")
        names = ("class", "machine", "slide", "reader", "at", "source")
        rows = zip(*(getattr(self, c) for c in columns), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]


def folds_of(classes: tuple[str, ...], slides: tuple[str, ...], count: int, seed: int = 5) -> NDArray[np.int64]:
    """int64 (n,): in which of `count` parts each cell is left out, whole slides together where there are two or more slides,
    cell by cell and class by class where there is one. Slides with most cells go first, each to the smallest part."""
    n = len(classes)
    parts = np.zeros(n, np.int64)
    names, sizes = np.unique(np.array(slides), return_counts=True)
    if len(names) > 1:
        count = min(count, len(names))
        sizes_of_folds = np.zeros(count, np.int64)
        for i in np.argsort(-sizes, kind="stable"):
            smallest = int(sizes_of_folds.argmin())
            parts[np.array(slides) == names[i]] = smallest
            sizes_of_folds[smallest] += sizes[i]
        return parts
    rng = np.random.default_rng(seed)
    for name in dict.fromkeys(classes):
        own = rng.permutation(np.flatnonzero(np.array(classes) == name))
        parts[own] = np.arange(len(own)) % count
    return parts
