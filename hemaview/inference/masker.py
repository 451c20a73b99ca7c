"""A picture in, the class of each of its pixels out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.pictures import as_learned, as_rgb8, softmax, turned, turned_back
from hemaview.inference.runtime import Runtime, in_batches
from hemaview.inference.settings import AS_SHIPPED, NetSettings
from hemaview.methods.card import Card
from hemaview.methods.registry import METHODS

BATCH = 16
"""Pictures at once: a U-Net's maps of a picture are large."""


class Masker:
    """Names each pixel of a picture of one cell."""

    def __init__(self, card: Card, runtime: Runtime, settings: NetSettings = AS_SHIPPED) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)
        self._prepare = METHODS[card.name].prepare
        self._ground, self._grounds = (card.ground, card.grounds) if settings.brings_ground else ((), ())
        self.views = card.views

    def mask(self, rgb: NDArray[np.uint8], views: int = 0) -> NDArray[np.uint8]:
        """Class of each pixel, uint8 (H, W), of uint8 (H, W, 3); `views` fewer than the model's own are quicker."""
        return np.asarray(self.probabilities(rgb, views).argmax(axis=2), np.uint8)

    def masks(self, crops: NDArray[np.uint8], views: int = 0) -> NDArray[np.uint8]:
        """The same of many pictures of one size at once, uint8 (n, H, W) of uint8 (n, H, W, 3)."""
        if not len(crops):
            return np.zeros(crops.shape[:3], np.uint8)
        p = self._small(np.stack([self._as_input(rgb) for rgb in crops]), views)
        return np.stack([self._full(of_one, crops.shape[1:3]).argmax(axis=2) for of_one in p]).astype(np.uint8)

    def probabilities(self, rgb: NDArray[np.uint8], views: int = 0) -> NDArray[np.float32]:
        """Probability of each class, float32 (H, W, classes), averaged over the model's views (or the first `views`)."""
        return self._full(self._small(self._as_input(rgb)[None], views)[0], rgb.shape[:2])

    def _as_input(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as the net is shown it, uint8 (side, side, 3)."""
        side = self.info.input_px
        rgb = as_learned(as_rgb8(rgb), self._ground, self._grounds)
        if self._prepare is not None:
            rgb = self._prepare(rgb)
        how = cv2.INTER_AREA if rgb.shape[0] > side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(rgb, (side, side), interpolation=how), np.uint8)

    def _small(self, pictures: NDArray[np.uint8], views: int) -> NDArray[np.float32]:
        """Probabilities float32 (n, side, side, classes) of pictures as shown, averaged over `views` (0: the model's own)."""
        views = views or self.views
        p = np.zeros((*pictures.shape[:3], len(self.info.classes)), np.float32)
        for view in range(views):
            answer = softmax(in_batches(self._runtime, turned(pictures, view), BATCH)).transpose(0, 2, 3, 1)
            p += turned_back(answer, view)
        return np.asarray(p / views, np.float32)

    def _full(self, p: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
        full = cv2.resize(p, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full, np.float32).reshape(*size, -1)
