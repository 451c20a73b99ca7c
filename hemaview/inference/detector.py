"""A picture in, boxes with classes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.info import info_of
from hemaview.inference.pictures import as_rgb8, rescale
from hemaview.inference.runtime import ObjectsRuntime, objects_in
from hemaview.methods.card import Card

STRIDE = 32
GROUND = 235
"""Grey that fills what lies outside a picture: the light of an empty field."""


@dataclass(frozen=True)
class Boxes:
    """n boxes of a picture."""

    boxes: NDArray[np.float32]
    """float32 (n, 4: x0, y0, x1, y1) px."""
    scores: NDArray[np.float32]
    """float32 (n,)."""
    labels: NDArray[np.int64]
    """Class numbers, int64 (n,)."""

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Boxes:
        """Some of them."""
        return Boxes(self.boxes[rows], self.scores[rows], self.labels[rows])


class Detector:
    """Finds cells as boxes."""

    def __init__(self, card: Card, runtime: ObjectsRuntime) -> None:
        self._runtime, self.info = runtime, info_of(card, runtime.device)

    def detect(self, rgb: NDArray[np.uint8], mpp: float = 0.0) -> Boxes:
        """Boxes of uint8 (H, W, 3) at `mpp` µm/px; models without a scale see the longer side at their own size."""
        rgb = as_rgb8(rgb)
        longest = max(rgb.shape[:2])
        factor = mpp / self.info.mpp if mpp and self.info.mpp else self.info.input_px / longest
        small = rescale(rgb, factor)
        boxes = shown_whole(self._runtime, small)
        scale = np.array([rgb.shape[1] / small.shape[1], rgb.shape[0] / small.shape[0]] * 2, np.float32)
        return Boxes(boxes.boxes * scale, boxes.scores, boxes.labels)

    def at_scale(self, rgb: NDArray[np.uint8]) -> Boxes:
        """Boxes of a picture that is at the model's own scale."""
        return shown_whole(self._runtime, rgb)


def shown_whole(runtime: ObjectsRuntime, rgb: NDArray[np.uint8]) -> Boxes:
    """What a detector finds in uint8 (H, W, 3); ground fills the picture up to whole strides."""
    h, w = rgb.shape[:2]
    full = np.pad(rgb, ((0, -h % STRIDE), (0, -w % STRIDE), (0, 0)), constant_values=GROUND)
    answer = objects_in(runtime, np.ascontiguousarray(full[None].transpose(0, 3, 1, 2), np.float32))[0]
    boxes = answer.boxes.float().cpu().numpy().clip(0, [w, h, w, h]).astype(np.float32)
    return Boxes(boxes, answer.scores.float().cpu().numpy(), answer.labels.cpu().numpy())
