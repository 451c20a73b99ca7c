"""Models by name: pictures in, cells or calibrated probabilities out."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file

from hemaview.cells.store import sha256_of
from hemaview.inference.errors import UnknownModel, WeightsChanged
from hemaview.inference.runtime import Runtime, in_batches, runtime_for
from hemaview.methods.cellsplit import split
from hemaview.methods.registry import METHODS, Card, cards

TILE_PX, MARGIN_PX = 736, 48
LEAST_CELL_UM2 = 2.0


@dataclass(frozen=True)
class ModelInfo:
    """What a job records of a model."""

    name: str
    version: str
    sha256: str
    task: str
    classes: tuple[str, ...]
    mpp: float
    input_px: int
    device: str


class Segmenter:
    """Finds cells. Shown pictures at `info.mpp`, tile by tile with a margin so that no seam shows."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._runtime, self.info = runtime, _info(card, runtime)

    def probabilities(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (3, H, W): background, rim and core, for uint8 (H, W, 3) at the model's own scale."""
        h, w = rgb.shape[:2]
        rows, step_y = _cover(h)
        columns, step_x = _cover(w)
        padded = np.pad(
            rgb,
            ((MARGIN_PX, rows * step_y + MARGIN_PX - h), (MARGIN_PX, columns * step_x + MARGIN_PX - w), (0, 0)),
            mode="symmetric",
        )
        full = np.empty((3, rows * step_y, columns * step_x), np.float32)
        for r in range(rows):
            for c in range(columns):
                y, x = r * step_y, c * step_x
                tile = padded[None, y : y + step_y + 2 * MARGIN_PX, x : x + step_x + 2 * MARGIN_PX]
                logits = in_batches(self._runtime, tile, 1)[:, :, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
                full[:, y : y + step_y, x : x + step_x] = softmax(logits)[0]
        return np.ascontiguousarray(full[:, :h, :w])

    def segment(self, rgb: NDArray[np.uint8], mpp: float) -> NDArray[np.int32]:
        """Instances int32 (H, W), 0 = background, of uint8 (H, W, 3) at `mpp` µm/px."""
        small = rescale(rgb, mpp / self.info.mpp)
        found = split(self.probabilities(small), max(6, int(LEAST_CELL_UM2 / self.info.mpp**2)))
        if found.shape == rgb.shape[:2]:
            return found
        size = (rgb.shape[1], rgb.shape[0])
        return np.asarray(cv2.resize(found.astype(np.float32), size, interpolation=cv2.INTER_NEAREST_EXACT), np.int32)


class Classifier:
    """Names cells, from a square around each centre."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._runtime, self.info = runtime, _info(card, runtime)
        self.temperature = card.temperature
        self.thresholds = card.thresholds
        self.views = card.views

    def classify(self, rgb: NDArray[np.uint8], centres_px: NDArray[np.float64], mpp: float) -> NDArray[np.float32]:
        """float32 (n, classes) calibrated, for cells at centres_px (n, 2: x, y) of uint8 (H, W, 3) at `mpp` µm/px."""
        if not len(centres_px):
            return np.zeros((0, len(self.info.classes)), np.float32)
        factor = mpp / self.info.mpp
        return self.classify_crops(squares(rescale(rgb, factor), np.asarray(centres_px) * factor, self.info.input_px))

    def logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits of the crops, averaged over the model's views."""
        seen = [in_batches(self._runtime, turned(crops, view)) for view in range(self.views)]
        return np.asarray(np.mean(seen, axis=0), np.float32)

    def classify_crops(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (n, classes) calibrated, of uint8 (n, input_px, input_px, 3) at the model's own scale."""
        return softmax(self.logits(crops) / self.temperature)


class Masker:
    """Names each pixel of a picture of one cell."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        self._runtime, self.info = runtime, _info(card, runtime)
        self._prepare = METHODS[card.name].prepare
        self.views = card.views

    def mask(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Class of each pixel, uint8 (H, W), of uint8 (H, W, 3)."""
        side = self.info.input_px
        if self._prepare is not None:
            rgb = self._prepare(rgb)
        how = cv2.INTER_AREA if rgb.shape[0] > side else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(rgb, (side, side), interpolation=how), np.uint8)[None]
        p = np.zeros((side, side, len(self.info.classes)), np.float32)
        for view in range(self.views):
            answer = softmax(in_batches(self._runtime, turned(small, view)))[0].transpose(1, 2, 0)
            p += turned_back(answer[None], view)[0]
        full = cv2.resize(p, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full.argmax(axis=2), np.uint8)


Model = Segmenter | Classifier | Masker


def turned(images: NDArray[Any], view: int) -> NDArray[Any]:
    """(n, H, W, C) in one of eight views: turned by view % 4 quarters, mirrored from the fourth on."""
    out = np.rot90(images, view % 4, axes=(1, 2))
    return np.ascontiguousarray(out[:, :, ::-1] if view >= 4 else out)


def turned_back(images: NDArray[Any], view: int) -> NDArray[Any]:
    """The inverse of `turned`."""
    out = images[:, :, ::-1] if view >= 4 else images
    return np.ascontiguousarray(np.rot90(out, -(view % 4), axes=(1, 2)))


def load(name: str, version: str = "", sha256: str = "") -> Model:
    """The model called `name`, kept for the process; raises UnknownModel or WeightsChanged."""
    card = cards().get(name)
    if card is None:
        raise UnknownModel(f"There is no model called {name}; there are: {', '.join(sorted(cards())) or 'none'}.")
    if version and version != card.version:
        raise UnknownModel(f"{name} {version} is not installed; {card.version} is.")
    if sha256 and sha256 != card.sha256:
        raise WeightsChanged(f"The weights of {name} {card.version} are not those that this job was ordered with.")
    with _LOADING:
        return _loaded(name, card.sha256)


_LOADING = threading.Lock()


@lru_cache(maxsize=16)
def _loaded(name: str, sha256: str) -> Model:
    card = cards()[name]
    if sha256_of(card.weights) != sha256:
        raise WeightsChanged(f"The weights file of {name} {card.version} is damaged: it does not match its card.")
    method = METHODS[name]
    net = method.build(len(card.classes))
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(card.weights).items()})
    side = None if method.task == "segmentation" else card.input_px
    runtime = runtime_for(net.eval(), side, method.traceable)
    kinds: dict[str, Any] = {"segmentation": Segmenter, "classification": Classifier, "mask": Masker}
    found: Model = kinds[method.task](card, runtime)
    return found


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over axis 1."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True), np.float32)


def rescale(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Resampled by `factor`: area mean where it shrinks, bilinear where it grows."""
    if abs(factor - 1) < 1e-3:
        return rgb
    size = (max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR), np.uint8)


def squares(rgb: NDArray[np.uint8], centres: NDArray[np.float64], side_px: int) -> NDArray[np.uint8]:
    """uint8 (n, side, side, 3) around each centre (x, y); edge pixels replicated outside the picture."""
    h, w = rgb.shape[:2]
    out = np.empty((len(centres), side_px, side_px, 3), np.uint8)
    span = np.arange(side_px) - side_px // 2
    for i, (x, y) in enumerate(np.rint(centres).astype(int)):
        out[i] = rgb[np.ix_(np.clip(y + span, 0, h - 1), np.clip(x + span, 0, w - 1))]
    return out


def _cover(length_px: int) -> tuple[int, int]:
    """How many tiles cover a side and how large each is without its margin, a multiple of the net's stride of 16."""
    n = -(-length_px // TILE_PX)
    return n, -(-length_px // (16 * n)) * 16


def _info(card: Card, runtime: Runtime) -> ModelInfo:
    method = METHODS[card.name]
    return ModelInfo(
        card.name, card.version, card.sha256, method.task, card.classes, card.mpp, card.input_px, runtime.device
    )
