"""A picture at low power in, the centres of what may be cells out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.pictures import as_rgb8, rescale, softmax, turned, turned_back
from hemaview.inference.runtime import Runtime, in_batches
from hemaview.methods.card import Card
from hemaview.methods.peaks import coarse_peaks

STRIDE_PX = 16
"""Sides of what the net is shown are whole strides of it."""
BATCH = 4


class CentreFinder:
    """Finds centres: the peaks of a coarse map, averaged over the turned and mirrored views that its card asks for."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)
        self.least, self.views = card.thresholds.get("peak", 0.3), card.views

    def centres(self, rgb: NDArray[np.uint8], mpp: float, least: float | None = None) -> NDArray[np.float64]:
        """float64 (n, 3: x, y px of the picture, score), best first, of uint8 (H, W, 3) at `mpp` µm/px; from a score of `least`
        on, where that is not the card's."""
        return self.centres_of([rgb], mpp, least)[0]

    def centres_of(
        self, pictures: Sequence[NDArray[np.uint8]], mpp: float, least: float | None = None
    ) -> list[NDArray[np.float64]]:
        """The same of several pictures, those of one size at once."""
        small = [rescale(as_rgb8(rgb), mpp / self.info.mpp) for rgb in pictures]
        peaks: list[NDArray[np.float64]] = [np.zeros((0, 3))] * len(small)
        for shape in sorted({s.shape for s in small}):
            rows = [i for i, s in enumerate(small) if s.shape == shape]
            batch = np.stack([_in_strides(small[i]) for i in rows])
            for i, own in zip(rows, self._heat(batch), strict=True):
                peaks[i] = self._points(
                    own, batch.shape[1], pictures[i].shape, shape, self.least if least is None else least
                )
        return peaks

    def _heat(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The map float32 (n, h, w) of pictures uint8 (n, H, W, 3), mean over the views."""
        maps = []
        for view in range(self.views):
            answer = softmax(in_batches(self._runtime, turned(batch, view), BATCH)).transpose(0, 2, 3, 1)
            maps.append(turned_back(answer, view)[..., 1])
        return np.asarray(np.mean(maps, axis=0), np.float32)

    def _points(
        self, heat: NDArray[np.float32], shown_px: int, full: tuple[int, ...], small: tuple[int, ...], least: float
    ) -> NDArray[np.float64]:
        points = coarse_peaks(heat, least, shown_px // heat.shape[0])
        points = points[(points[:, 0] < small[1]) & (points[:, 1] < small[0])]
        points[:, :2] *= (full[1] / small[1], full[0] / small[0])
        return points


def _in_strides(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    h, w = rgb.shape[:2]
    return np.pad(rgb, ((0, -h % STRIDE_PX), (0, -w % STRIDE_PX), (0, 0)), mode="symmetric")
