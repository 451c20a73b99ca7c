"""Deep Zoom over a slide: the pyramid's arithmetic and its tiles as JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from xml.sax.saxutils import quoteattr

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from hemaview.words import gettext
from hemaview.wsi.colour import to_srgb
from hemaview.wsi.errors import OutOfBounds
from hemaview.wsi.jpegstream import with_icc
from hemaview.wsi.slide import Slide

JPEG_QUALITY = 82


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = JPEG_QUALITY, icc: bytes = b"") -> bytes:
    """uint8 (H, W, 3) as a baseline 4:4:4 JPEG, with a colour profile in it where one is given."""
    jpeg = bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), quality=quality, colorspace="RGB"))
    return with_icc(jpeg, icc)


@dataclass(frozen=True)
class DeepZoom:
    """The Deep Zoom geometry of a picture: powers of two down to 1 × 1 px, tiles without overlap."""

    width_px: int
    height_px: int
    tile_px: int = 512

    @cached_property
    def max_level(self) -> int:
        return math.ceil(math.log2(max(self.width_px, self.height_px, 1)))

    def size(self, level: int) -> tuple[int, int]:
        """Width and height of `level` in its own px; raises OutOfBounds."""
        if not 0 <= level <= self.max_level:
            raise OutOfBounds(
                gettext("Deep Zoom levels run from 0 to {max_level}; there is no level {level}.").format(
                    max_level=self.max_level, level=level
                )
            )
        scale = 2 ** (self.max_level - level)
        return max(1, math.ceil(self.width_px / scale)), max(1, math.ceil(self.height_px / scale))

    def grid(self, level: int) -> tuple[int, int]:
        w, h = self.size(level)
        return math.ceil(w / self.tile_px), math.ceil(h / self.tile_px)

    def tile_box(self, level: int, column: int, row: int) -> tuple[int, int, int, int]:
        """x, y, width, height of a tile in px of its level; raises OutOfBounds before any arithmetic can wrap."""
        columns, rows = self.grid(level)
        if not (0 <= column < columns and 0 <= row < rows):
            raise OutOfBounds(
                gettext("Level {level} has {columns} × {rows} tiles; there is no tile {column}_{row}.").format(
                    level=level, columns=columns, rows=rows, column=column, row=row
                )
            )
        w, h = self.size(level)
        x, y = column * self.tile_px, row * self.tile_px
        return x, y, min(self.tile_px, w - x), min(self.tile_px, h - y)

    def descriptor(self) -> str:
        """The .dzi document."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="0" '
            f"TileSize={quoteattr(str(self.tile_px))}>"
            f"<Size Width={quoteattr(str(self.width_px))} Height={quoteattr(str(self.height_px))}/></Image>"
        )


def tile_jpeg(
    slide: Slide, low_levels: Slide | None, level: int, column: int, row: int, tile_px: int = 512, icc: bytes = b""
) -> bytes:
    """One Deep Zoom tile as JPEG, from the slide or, where its own levels are too fine, from its side pyramid.

    `icc`: a profile to send along. One that the slide applies is applied to its side pyramid too.
    """
    zoom = DeepZoom(slide.width_px, slide.height_px, tile_px)
    x, y, w, h = zoom.tile_box(level, column, row)
    scale = 2 ** (zoom.max_level - level)
    source, factor = slide, 1.0
    if low_levels is not None and scale >= low_levels_start(slide, low_levels):
        source, factor = low_levels, slide.width_px / low_levels.width_px
    rgb = source.read_scaled(x * scale / factor, y * scale / factor, w * scale / factor, h * scale / factor, w, h)
    if source is low_levels and slide.apply_icc:
        rgb = to_srgb(rgb, slide.apply_icc)
    return encode_jpeg(rgb, icc=icc)


def low_levels_start(slide: Slide, low_levels: Slide) -> float:
    """From this downsample on the side pyramid is read."""
    return slide.width_px / low_levels.width_px
