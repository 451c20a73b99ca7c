"""Cells in, calibrated probabilities out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import EMBEDDED
from hemaview.inference.embedding import embedded
from hemaview.inference.info import info_of
from hemaview.inference.pictures import (
    all_or_none,
    as_learned,
    as_learned_in_places,
    as_rgb8,
    in_blocks,
    rescale,
    softmax,
    squares,
    turned,
)
from hemaview.inference.runtime import Runtime, in_batches_with_features
from hemaview.inference.settings import AS_SHIPPED, NetSettings
from hemaview.methods.card import Card


class Classifier:
    """Names cells, from a square around each centre."""

    def __init__(self, card: Card, runtime: Runtime, settings: NetSettings = AS_SHIPPED) -> None:
        self._runtime, self.info, self.settings = runtime, info_of(card, runtime.device), settings
        self._ground = card.ground if settings.brings_ground else ()
        self.temperature = card.temperature
        self.thresholds = card.thresholds
        self.called_from = card.called_from
        self.views = card.views
        self.card, self.stains = card, card.stains
        self.least: Mapping[str, Mapping[str, float]] = card.least
        """`known` and `strange` stains to class to the probability from which a cell may be that (`Card.least`)."""
        self._shift = _shifted(card.classes, {})
        self._when_silent: Callable[[str], None] = _nobody

    def telling(self, when_silent: Callable[[str], None]) -> Classifier:
        """The same model, which calls `when_silent` with its name when it gives a cell no finite answer."""
        other = copy.copy(self)
        other._when_silent = when_silent
        return other

    def calibrated_on(self, dataset: str) -> Classifier:
        """The same model with the temperature and the thresholds for blood like that of `dataset`; as it is where its card
        tells of none."""
        other = copy.copy(self)
        other.temperature, other.thresholds = self.card.calibration_on(dataset)
        other._shift = _shifted(self.card.classes, self.card.shift_on(dataset))
        return other

    def judging(self, temperature: float, thresholds: Mapping[str, float], least: Mapping[str, float]) -> Classifier:
        """The same model with another temperature, thresholds, and least probabilities of each class on any stain."""
        other = copy.copy(self)
        other.temperature, other.thresholds = temperature, dict(thresholds)
        other.least = dict.fromkeys(self.least, least)
        other._shift = _shifted(self.card.classes, {})
        return other

    def runs_on(self, runtime: Runtime) -> None:
        """Let another runtime answer, of the same net with other statistics (`filmstatistics`)."""
        self._runtime = runtime

    @property
    def calibrations(self) -> dict[str, str]:
        """What `calibrated_on` makes a difference for, and what blood that is."""
        return self.card.calibrations

    def classify(
        self,
        rgb: NDArray[np.uint8],
        centres_px: NDArray[np.float64],
        mpp: float,
        views: int = 0,
        block_px: int = 0,
        grounds: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """What `classify_and_embed` says of the cells, without how they look."""
        return self.classify_and_embed(rgb, centres_px, mpp, views, block_px, grounds)[0]

    def classify_and_embed(
        self,
        rgb: NDArray[np.uint8],
        centres_px: NDArray[np.float64],
        mpp: float,
        views: int = 0,
        block_px: int = 0,
        grounds: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """(float32 (n, classes) calibrated, how the cells look int8 (n, EMBEDDED), both of the same passes), for cells at
        centres_px (n, 2: x, y) of uint8 (H, W, 3) at `mpp` µm/px.

        `views` fewer than the model's own (0: as many) are quicker where little depends on the answer; `block_px` as in
        `in_blocks`; `grounds` (n, 3) are the colours of the ground at each cell, where the picture holds several.
        """
        if not len(centres_px):
            return np.zeros((0, len(self.info.classes)), np.float32), np.zeros((0, EMBEDDED), np.int8)
        return self.classify_and_embed_crops(self.crops(rgb, centres_px, mpp, block_px, grounds), views)

    def crops(
        self,
        rgb: NDArray[np.uint8],
        centres_px: NDArray[np.float64],
        mpp: float,
        block_px: int = 0,
        grounds: NDArray[np.float32] | None = None,
    ) -> NDArray[np.uint8]:
        """The cells as the model is shown them, uint8 (n, input_px, input_px, 3); arguments as of `classify_and_embed`."""
        factor = in_blocks(mpp / self.info.mpp, block_px)
        picture = as_rgb8(rgb) if grounds is not None else self.as_shown(rgb)
        crops = squares(rescale(picture, factor), np.asarray(centres_px) * factor, self.info.input_px)
        if grounds is not None and self._ground:
            crops = np.stack([self.on_ground(c, g) for c, g in zip(crops, grounds, strict=True)])
        return crops

    def as_shown(self, rgb: NDArray[np.uint8], grounds: NDArray[np.float32] | None = None) -> NDArray[np.uint8]:
        """A picture (H, W, 3) with its ground as the model learned it, for who cuts cells out of it himself; `grounds`
        (h, w, 3) are the colours of the ground over the picture, where it holds several."""
        if grounds is None:
            return as_learned(as_rgb8(rgb), self._ground, self.card.grounds)
        return as_learned_in_places(as_rgb8(rgb), self._ground, self.card.grounds, grounds)

    def on_ground(self, rgb: NDArray[np.uint8], ground: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """A picture (H, W, 3) on a ground of that colour (3,), as the model learned it."""
        return as_learned(rgb, self._ground, self.card.grounds, ground)

    def classify_crops(self, crops: NDArray[np.uint8], views: int = 0) -> NDArray[np.float32]:
        """What `classify_and_embed_crops` says of the crops, without how they look."""
        return self.classify_and_embed_crops(crops, views)[0]

    def classify_and_embed_crops(
        self, crops: NDArray[np.uint8], views: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """(float32 (n, classes) calibrated, how the cells look int8 (n, EMBEDDED)), of uint8 (n, input_px, input_px, 3) at the
        model's own scale; a row of NaN and zeros for a crop of which any logit is not finite, and zeros of every crop where the
        net hands out no features."""
        answers, features = self.answers(crops, views)
        logits = all_or_none(answers)
        silent = np.isnan(logits).any(axis=1)
        if silent.any():
            self._when_silent(self.info.name)
        looks = np.zeros((len(crops), EMBEDDED), np.int8) if features is None else embedded(features)
        looks[silent] = 0
        return softmax(logits / self.temperature), looks

    def answers(
        self, crops: NDArray[np.uint8], views: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Logits of the crops, and what the net saw (`methods.features`), of the same passes: both averaged over the model's
        views (or the first `views` of them); None where the net hands out none."""
        inputs = (turned(crops, view) for view in range(views or self.views))
        logits, features = zip(*(in_batches_with_features(self._runtime, x) for x in inputs), strict=True)
        by_view = [of_view for of_view in features if of_view is not None]
        mean = np.asarray(np.mean(logits, axis=0) + self._shift, np.float32)
        return mean, np.asarray(np.mean(by_view, axis=0), np.float32) if by_view else None


def _nobody(_: str) -> None:
    """Whom a model tells of its silence where nobody asked."""


def _shifted(classes: tuple[str, ...], shift: Mapping[str, float]) -> NDArray[np.float32]:
    """float32 (classes,): what is added to each logit."""
    return np.array([shift.get(name, 0.0) for name in classes], np.float32)
