"""The mask of a cell and the light within it in, the class of its shape out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.masker import Masker
from hemaview.inference.pictures import softmax
from hemaview.inference.runtime import Runtime
from hemaview.methods.card import Card
from hemaview.methods.cellshape import cell_measures, lightness


class Outliner:
    """Names shapes from masks; `masker` draws the mask where only a picture is there."""

    def __init__(self, card: Card, runtime: Runtime, masker: Masker) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)
        self._masker, self.temperature = masker, card.temperature

    def classify_cells(self, cells: Sequence[tuple[NDArray[np.bool_], NDArray[np.float32]]]) -> NDArray[np.float32]:
        """float32 (n, classes) calibrated, of (mask, `lightness`) of single cells, both (H, W)."""
        if not cells:
            return np.zeros((0, len(self.info.classes)), np.float32)
        return softmax(self._runtime(np.stack([cell_measures(*cell) for cell in cells])) / self.temperature)

    def classify_crops(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same of pictures uint8 (n, H, W, 3) with the cell in the middle."""
        return self.classify_cells([drawn_cell(self._masker, rgb) for rgb in crops])

    def mask(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """uint8 (H, W) of a picture (H, W, 3) with the cell in the middle: 0 ground, else 1 + the number of its class."""
        cell = drawn_cell(self._masker, rgb)
        return cell[0] * np.uint8(1 + self.classify_cells([cell])[0].argmax())


def drawn_cell(masker: Masker, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """(mask, lightness) of a picture (H, W, 3) with the cell in the middle; `masker` draws the mask."""
    mask = masker.mask(np.ascontiguousarray(rgb)) == 1
    return mask, lightness(rgb, ~mask)
