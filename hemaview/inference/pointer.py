"""A picture in, the centres of things out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.pictures import as_rgb8, rescale
from hemaview.inference.runtime import Runtime
from hemaview.inference.segmenter import Segmenter
from hemaview.methods.card import Card
from hemaview.methods.peaks import peaks


class Pointer:
    """Finds centres: the peaks of a probability map."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._map, self.info = Segmenter(card, runtime), info_of(card, runtime.device)
        self.least = card.thresholds.get("peak", 0.5)

    def points(self, rgb: NDArray[np.uint8], mpp: float = 0.0) -> NDArray[np.float64]:
        """float64 (n, 3: x, y px of the picture, score), best first, of uint8 (H, W, 3).

        Where the picture's or the model's µm/px is unknown (0) the picture is taken as it is.
        """
        factor = mpp / self.info.mpp if mpp and self.info.mpp else 1.0
        points = peaks(self._map.probabilities(rescale(as_rgb8(rgb), factor))[1], self.least)
        points[:, :2] /= factor
        return points
