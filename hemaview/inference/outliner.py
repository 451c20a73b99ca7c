"""The outline of a cell in, the class of its shape out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.masker import Masker
from hemaview.inference.pictures import softmax
from hemaview.inference.runtime import Runtime
from hemaview.methods.cellshape import outline_measures
from hemaview.methods.registry import Card


class Outliner:
    """Names shapes from masks; `masker` draws the mask where only a picture is there."""

    def __init__(self, card: Card, runtime: Runtime, masker: Masker) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)
        self._masker, self.temperature = masker, card.temperature

    def classify_masks(self, masks: list[NDArray[np.bool_]]) -> NDArray[np.float32]:
        """float32 (n, classes) calibrated, of the masks of single cells."""
        if not masks:
            return np.zeros((0, len(self.info.classes)), np.float32)
        return softmax(self._runtime(np.stack([outline_measures(m) for m in masks])) / self.temperature)

    def classify_crops(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same of pictures uint8 (n, H, W, 3) with the cell in the middle."""
        return self.classify_masks([self._masker.mask(np.ascontiguousarray(rgb)) == 1 for rgb in crops])
