"""Whole fields in, cells out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.pictures import as_rgb8, in_blocks, rescale, softmax
from hemaview.inference.runtime import Runtime, in_batches
from hemaview.methods.card import Card
from hemaview.methods.registry import METHODS

TILE_PX, MARGIN_PX, STRIDE_PX = 736, 48, 16
"""The sides of tiles are whole strides of the net, so that all tiles show it the same grid."""
LEAST_CELL_UM2 = 2.0


class Segmenter:
    """Finds cells. Shown pictures at `info.mpp`, tile by tile with a margin so that no seam shows."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)
        self._instances, self._prepare = METHODS[card.name].instances, METHODS[card.name].prepare

    def probabilities(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (classes, H, W) for uint8 (H, W, 3) at the model's own scale."""
        h, w = rgb.shape[:2]
        rows, step_y = _cover(h)
        columns, step_x = _cover(w)
        padded = np.pad(
            rgb,
            ((MARGIN_PX, rows * step_y + MARGIN_PX - h), (MARGIN_PX, columns * step_x + MARGIN_PX - w), (0, 0)),
            mode="symmetric",
        )
        full = np.empty((len(self.info.classes), rows * step_y, columns * step_x), np.float32)
        for r in range(rows):
            for c in range(columns):
                y, x = r * step_y, c * step_x
                tile = padded[None, y : y + step_y + 2 * MARGIN_PX, x : x + step_x + 2 * MARGIN_PX]
                logits = in_batches(self._runtime, tile, 1)[:, :, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
                full[:, y : y + step_y, x : x + step_x] = softmax(logits)[0]
        return np.ascontiguousarray(full[:, :h, :w])

    def segment(self, rgb: NDArray[np.uint8], mpp: float, block_px: int = 0) -> NDArray[np.int32]:
        """Instances int32 (H, W), 0 = background, of uint8 (H, W, 3) at `mpp` µm/px; `block_px` as in `in_blocks`."""
        return self.segment_and_name(rgb, mpp, block_px)[0]

    def segment_and_name(
        self, rgb: NDArray[np.uint8], mpp: float, block_px: int = 0
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The same, and the probabilities of the classes float32 (classes, h, w) that they were made of, which cover the picture
        at its own resolution or the model's, whichever is finer."""
        rgb = as_rgb8(rgb)
        rescaled = rescale(rgb, in_blocks(mpp / self.info.mpp, block_px, STRIDE_PX))
        p = self.probabilities(self._prepare(rescaled) if self._prepare else rescaled)
        shown_mpp = self.info.mpp
        if mpp < shown_mpp:
            # Cells are parted at the picture's own resolution, so that edges fall between the net's pixels.
            size = (rgb.shape[1], rgb.shape[0])
            p = np.stack([cv2.resize(of_class, size, interpolation=cv2.INTER_LINEAR) for of_class in p])
            shown_mpp = mpp
        instances = self._instances(p, max(6, int(LEAST_CELL_UM2 / shown_mpp**2)))
        if instances.shape == rgb.shape[:2]:
            return instances, p
        size = (rgb.shape[1], rgb.shape[0])
        resized = cv2.resize(instances.astype(np.float32), size, interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(resized, np.int32), p


def _cover(length_px: int) -> tuple[int, int]:
    """How many tiles cover a side and how large each is without its margin, in whole strides of the net."""
    n = -(-length_px // TILE_PX)
    return n, -(-length_px // (STRIDE_PX * n)) * STRIDE_PX
