"""Pictures by Pillow: their heads, and the pixels of those that libvips' build here has no decoder for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hemaview.blobs import Blob

PILLOWS = frozenset({"bmp", "heif", "avif"})
"""Kinds (`contents.kind_of`) whose pixels Pillow decodes: Windows bitmaps, and what phones write."""


@cache
def _with_heif() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # our own limits are asked first


def open_picture(file: Path | IO[bytes]) -> Image.Image:
    """Read the head of a picture; raises what Pillow raises (OSError, SyntaxError, ValueError, EOFError)."""
    _with_heif()
    return Image.open(file)


def pixels(blob: Blob) -> NDArray[np.uint8]:
    """uint8 (H, W), or (H, W, 3 or 4), as stored but for a palette; raises what Pillow raises."""
    with blob.open() as stream, open_picture(stream) as picture:
        if picture.mode not in ("L", "RGB", "RGBA"):
            transparent = picture.mode in ("LA", "PA") or "transparency" in picture.info
            picture = picture.convert("RGBA" if transparent else "L" if picture.mode == "1" else "RGB")
        return np.asarray(picture)
