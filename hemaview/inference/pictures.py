"""Pictures on their way into a net: resampled, cut out, turned; and logits on their way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.errors import BadPicture
from hemaview.words import gettext


def as_rgb8(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) of what a camera or a file may give: grey (H, W) or (H, W, 1), with alpha (H, W, 2 or 4, laid on
    white), 16 bit (its upper byte, or that of the 10, 12 or 14 bits that a camera filled). Raises BadPicture for anything
    else."""
    if picture.ndim == 2:
        picture = picture[..., None]
    if picture.ndim != 3 or picture.shape[2] not in (1, 2, 3, 4) or not picture.size:
        raise BadPicture(
            gettext("A picture has height, width and 1 to 4 channels; this has the shape {shape}.").format(
                shape=picture.shape
            )
        )
    if picture.dtype == np.uint16:
        picture = (picture >> _bits(picture) - 8).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise BadPicture(
            gettext("A picture holds 8 or 16 bit whole numbers; this holds {dtype}.").format(dtype=picture.dtype)
        )
    if picture.shape[2] in (2, 4):
        alpha = picture[..., -1:].astype(np.float32) / 255
        picture = np.rint(picture[..., :-1] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture)


def _bits(picture: NDArray[np.uint16]) -> int:
    """How many bits a camera filled: the ground of a bright field needs the highest of them."""
    return next(bits for bits in (10, 12, 14, 16) if int(picture.max()) < 1 << bits)


def all_or_none(answers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answers (n, outputs), a row of NaN where any of its numbers is not finite: half an answer is none."""
    whole = np.isfinite(answers).all(axis=1, keepdims=True)
    return answers if whole.all() else np.where(whole, answers, np.float32("nan"))


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


def in_blocks(factor: float, block_px: int, stride_px: int = 1) -> float:
    """`factor` moved so little that a block of block_px becomes a whole number of strides (0: as it is).

    Windows of one slide that begin at whole blocks are then the same pixels to a net wherever they overlap, and a cell on
    the border of two fields is seen alike in both.
    """
    if not block_px:
        return factor
    return stride_px * max(1, round(block_px * factor / stride_px)) / block_px


GROUND_SHARE = 0.15
"""So many of a picture's pixels, its brightest, are taken for bare ground: even crowded films have as much."""
LEAST_GAIN, MOST_GAIN = 0.7, 1.5
ALIKE = 8
"""Grounds that differ by so many levels of 255, or fewer, in each channel are alike."""


def ground_of(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The colour (3,) of the ground of a bright picture uint8 (H, W, 3): the median of its brightest pixels."""
    step = max(1, round(np.sqrt(rgb.shape[0] * rgb.shape[1]) / 400))
    some = rgb[::step, ::step].reshape(-1, 3)
    light = some.sum(axis=1, dtype=np.int32)
    return np.asarray(np.median(some[light >= np.quantile(light, 1 - GROUND_SHARE)], axis=0))


def on_ground(
    rgb: NDArray[np.uint8], wanted: Sequence[float], own: NDArray[np.floating[Any]] | None = None
) -> NDArray[np.uint8]:
    """The picture with its ground, `own` (3,) where that is known, in the colour `wanted` (3,): each channel multiplied
    (von Kries 1902), at most by MOST_GAIN and at least by LEAST_GAIN."""
    own = ground_of(rgb) if own is None else own
    gain = np.clip(np.asarray(wanted) / np.maximum(own, 1), LEAST_GAIN, MOST_GAIN)
    table = np.clip(np.rint(np.arange(256)[:, None] * gain), 0, 255).astype(np.uint8)
    return np.stack([table[:, c][rgb[..., c]] for c in range(3)], axis=-1)


def as_learned(
    rgb: NDArray[np.uint8],
    wanted: Sequence[float],
    known_grounds: Sequence[Sequence[float]] = (),
    own: NDArray[np.floating[Any]] | None = None,
) -> NDArray[np.uint8]:
    """The picture as a model is shown it that learned from pictures whose ground was `wanted` (3,), or nothing (then it
    stays): `on_ground`, where its `own` (3,; measured where that is not given) is like none of those `known_grounds` (n, 3) or
    where none are named."""
    if not len(wanted):
        return rgb
    own = ground_of(rgb) if own is None else own
    if len(known_grounds) and np.abs(np.asarray(known_grounds) - own).max(axis=1).min() <= ALIKE:
        return rgb
    return on_ground(rgb, wanted, own)


def as_learned_in_places(
    rgb: NDArray[np.uint8],
    wanted: Sequence[float],
    known_grounds: Sequence[Sequence[float]],
    grounds: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """`as_learned` of a picture (H, W, 3) whose ground changes from place to place, as `grounds` (h, w, 3) over it says."""
    if not len(wanted):
        return rgb
    gain = np.clip(np.asarray(wanted) / np.maximum(grounds, 1), LEAST_GAIN, MOST_GAIN).astype(np.float32)
    if len(known_grounds):
        far = np.abs(np.asarray(known_grounds)[:, None, None] - grounds).max(axis=3).min(axis=0)
        gain[far <= ALIKE] = 1
    full = cv2.resize(gain, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(np.rint(rgb * full), 0, 255).astype(np.uint8)


def squares(rgb: NDArray[np.uint8], centres: NDArray[np.float64], side_px: int) -> NDArray[np.uint8]:
    """uint8 (n, side, side, 3) around each centre (x, y); edge pixels replicated outside the picture."""
    h, w = rgb.shape[:2]
    out = np.empty((len(centres), side_px, side_px, 3), np.uint8)
    span = np.arange(side_px) - side_px // 2
    for i, (x, y) in enumerate(np.rint(centres).astype(int)):
        out[i] = rgb[np.ix_(np.clip(y + span, 0, h - 1), np.clip(x + span, 0, w - 1))]
    return out


def turned(images: NDArray[Any], view: int) -> NDArray[Any]:
    """(n, H, W, C) in one of eight views: turned by view % 4 quarters, mirrored from the fourth on."""
    out = np.rot90(images, view % 4, axes=(1, 2))
    return np.ascontiguousarray(out[:, :, ::-1] if view >= 4 else out)


def turned_back(images: NDArray[Any], view: int) -> NDArray[Any]:
    """The inverse of `turned`."""
    out = images[:, :, ::-1] if view >= 4 else images
    return np.ascontiguousarray(np.rot90(out, -(view % 4), axes=(1, 2)))
