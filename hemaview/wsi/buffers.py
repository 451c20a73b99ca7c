"""A region of a slide straight into a buffer: what the decoded tiles are made of."""

from __future__ import annotations

from ctypes import POINTER, c_uint32, cast

import numpy as np
import openslide
import openslide.lowlevel as lowlevel
from numpy.typing import NDArray

OPAQUE = 0xFF000000
"""Alpha is the highest byte of a pixel: the least pixel tells whether any is transparent."""


def read_bgra(handle: openslide.OpenSlide, l0_x: int, l0_y: int, level: int, w: int, h: int) -> NDArray[np.uint8]:
    """uint8 (h, w, 4): blue, green, red, alpha, colours premultiplied; raises openslide.OpenSlideError.

    openslide-python's `read_region` also swaps the bytes and makes a picture of them, which an encoder that takes BGRX
    does not need.
    """
    buffer = np.empty((h, w, 4), np.uint8)
    lowlevel._read_region(handle._osr, cast(buffer.ctypes.data, POINTER(c_uint32)), l0_x, l0_y, level, w, h)
    return buffer


def on_white(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Premultiplied BGRA on white; in place where the array is whole."""
    opaque = bgra.flags.c_contiguous and bgra.view(np.uint32).min() >= OPAQUE
    if not opaque:
        alpha = bgra[..., 3]
        bgra[..., :3] += (255 - alpha)[..., None]
        alpha[...] = 255
    return bgra
