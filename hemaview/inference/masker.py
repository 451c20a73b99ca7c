"""A picture in, the class of each of its pixels out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.pictures import as_learned, as_rgb8, softmax, turned, turned_back
from hemaview.inference.runtime import Runtime, in_batches
from hemaview.methods.card import Card
from hemaview.methods.registry import METHODS


class Masker:
    """Names each pixel of a picture of one cell."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)
        self._prepare = METHODS[card.name].prepare
        self._card, self.views = card, card.views

    def mask(self, rgb: NDArray[np.uint8], views: int = 0) -> NDArray[np.uint8]:
        """Class of each pixel, uint8 (H, W), of uint8 (H, W, 3); `views` fewer than the model's own are quicker."""
        return np.asarray(self.probabilities(rgb, views).argmax(axis=2), np.uint8)

    def probabilities(self, rgb: NDArray[np.uint8], views: int = 0) -> NDArray[np.float32]:
        """Probability of each class, float32 (H, W, classes), averaged over the model's views (or the first `views`)."""
        views = views or self.views
        side = self.info.input_px
        rgb = as_learned(as_rgb8(rgb), self._card.ground, self._card.grounds)
        if self._prepare is not None:
            rgb = self._prepare(rgb)
        how = cv2.INTER_AREA if rgb.shape[0] > side else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(rgb, (side, side), interpolation=how), np.uint8)[None]
        p = np.zeros((side, side, len(self.info.classes)), np.float32)
        for view in range(views):
            answer = softmax(in_batches(self._runtime, turned(small, view)))[0].transpose(1, 2, 0)
            p += turned_back(answer[None], view)[0]
        full = cv2.resize(p / views, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full, np.float32).reshape(*rgb.shape[:2], -1)
