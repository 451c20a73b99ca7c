"""What a file of the matrix shows, by arithmetic that shares nothing with ours: bits, profiles, orientation, scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from tests.wsi.test_pictures import profile

Pixels = NDArray[np.uint8]
H, W = 120, 160
CLEAR_FROM_ROW = 90
"""Below this row pictures with transparency show nothing."""
_XYZ = {
    "p3": np.array([[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]]),
    "adobe": np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]]),
    "swapped": np.array([[0.3851, 0.4361, 0.1431], [0.7169, 0.2225, 0.0606], [0.0971, 0.0139, 0.7141]]),
}
"""Columns: D50 XYZ of red, green and blue. Under `swapped`, sRGB's red and green have changed places: no one can miss it."""
_TO_SRGB = np.linalg.inv([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
WIDE = tuple(_XYZ)


@dataclass
class Expected:
    """How a file must come in: its pictures upright in sRGB, how far off samples may be, µm/px, words of its notes."""

    looks: list[Pixels]
    worst: float = 1.0
    mean: float = 0.5
    mpp: float | None = None
    says: list[str] = field(default_factory=list)
    refused: str = ""
    """Words of the only true refusal; "" where the file must come in."""
    choice: Choice = NO_CHOICE


def icc(name: str) -> bytes:
    """A profile whose arithmetic `in_srgb` follows; broken bytes for `broken`, sRGB by LittleCMS for `srgb`."""
    if name == "srgb":
        from PIL import ImageCms

        return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    if name == "broken":
        return b"no profile at all"
    return profile(*(tuple(float(v) for v in column) for column in _XYZ[name].T))  # type: ignore[arg-type]


def in_srgb(stored: NDArray[np.floating[Any]] | Pixels, name: str) -> Pixels:
    """Samples 0-255 of a profile's space in sRGB (IEC 61966-2-1), cut where sRGB ends."""
    if name not in WIDE:
        return np.asarray(stored, np.uint8)
    linear = (np.asarray(stored, np.float64) / 255) ** 2.2
    rgb = np.clip(linear @ (_TO_SRGB @ _XYZ[name]).T, 0, 1)
    return np.rint(255 * np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)).astype(np.uint8)


def film(seed: int = 1, h: int = H, w: int = W) -> Pixels:
    """A lit ground of soft squares with red, green and blue ones on it, elsewhere for each seed; no two corners alike."""
    rng, block = np.random.default_rng(seed), {1: 20}.get(seed, 12)  # two fields of a film share no corner
    ground = np.kron(rng.integers(150, 215, (-(-h // block), -(-w // block), 3)), np.ones((block, block, 1)))
    rgb = ground[:h, :w].astype(np.uint8)
    for i in range(3):
        y, x, side = (20, 20 + 40 * i, 20) if seed == 1 else (17 * i + 25, 120 - 23 * i, 15)
        rgb[y : y + side, x : x + side] = (60, 60, 60)
        rgb[y : y + side, x : x + side, i] = 200
    return rgb


def deep(picture: Pixels, bits: int) -> NDArray[np.uint16]:
    """Samples of 8 bits as a camera of more has them, the lower bits full of something."""
    wide = picture.astype(np.uint16)
    return ((wide << (bits - 8)) | (wide >> max(0, 16 - bits))).astype(np.uint16)


def turned(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Upright pixels as a file of that orientation stores them (TIFF 6.0, 274)."""
    flipped = {2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 7: upright[::-1, ::-1]}.get(
        orientation, upright
    )
    if orientation in (5, 7):
        flipped = flipped.swapaxes(0, 1)
    return np.ascontiguousarray(np.rot90(flipped, {6: 1, 8: -1}.get(orientation, 0)))


def soft(picture: Pixels, px: int) -> Pixels:
    """Out of focus: a mean over squares of 2 px + 1."""
    from scipy.ndimage import uniform_filter

    return np.asarray(uniform_filter(picture, (2 * px + 1, 2 * px + 1, 1)), np.uint8)


def half(picture: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(picture[::2, ::2])
