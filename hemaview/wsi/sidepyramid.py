"""The low levels that a file lacks, written once at import so that an overview never decodes the whole slide."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyvips

from hemaview.wsi.slide import Slide

ONE_TILE_PX = 512
"""A slide has all its levels when the coarsest fits into one tile of this size."""
GAP = 4.5
"""Levels further apart than this leave a hole: at its far end a screen would need more than twenty tiles a tile."""
MOST_PX = 256_000_000


def kept_levels(slide: Slide) -> int:
    """How many of the file's levels, from the largest, follow each other without a hole; the rest is made anew."""
    n = 1
    while n < len(slide.levels) and slide.levels[n].downsample <= GAP * slide.levels[n - 1].downsample:
        n += 1
    return n


def needs_side_pyramid(slide: Slide) -> bool:
    coarsest = slide.levels[kept_levels(slide) - 1]
    return max(coarsest.width_px, coarsest.height_px) > ONE_TILE_PX


def write_side_pyramid(slide: Slide, out: Path, progress: Callable[[float], None] | None = None) -> None:
    """Write a tiled JPEG pyramid that goes on where the file's levels end, halved again and again down to one tile.

    Reads the last kept level strip by strip (memory: one strip and the reduced picture). The file appears whole or not.
    """
    last = kept_levels(slide) - 1
    coarsest = slide.levels[last]
    shrink = 2
    while coarsest.width_px * coarsest.height_px > MOST_PX * shrink**2:
        shrink *= 2
    out_w, out_h = -(-coarsest.width_px // shrink), -(-coarsest.height_px // shrink)
    picture = np.empty((out_h, out_w, 3), np.uint8)
    strip_px = max(shrink, (1024 // shrink) * shrink)
    for y in range(0, coarsest.height_px, strip_px):
        h = min(strip_px, coarsest.height_px - y)
        rgb = slide.read(0, round(y * coarsest.downsample), last, coarsest.width_px, h)
        picture[y // shrink : y // shrink + -(-h // shrink)] = box_mean(rgb, shrink)
        if progress:
            progress(min(1.0, (y + h) / coarsest.height_px))
    write_pyramid(pyvips.Image.new_from_array(picture).copy(interpretation="srgb"), out)


def write_pyramid(image: pyvips.Image, out: Path, mpp: float | None = None, quality: int = 90) -> None:
    """Write a pyramidal tiled JPEG TIFF (256 px tiles) under a temporary name, then give it its own."""
    part = out.with_name(f".{out.name}.part")
    pixels_per_mm = 1000 / mpp if mpp else 1.0
    try:
        image.tiffsave(
            str(part),
            tile=True,
            tile_width=256,
            tile_height=256,
            pyramid=True,
            compression="jpeg",
            Q=quality,
            bigtiff=image.width * image.height > 1_000_000_000,
            xres=pixels_per_mm,
            yres=pixels_per_mm,
            resunit="cm",
            keep="none",
        )
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


def box_mean(rgb: np.ndarray, n: int) -> np.ndarray:
    """Mean over n × n px; the last ones over what is there."""
    if n == 1:
        return rgb
    h, w = rgb.shape[:2]
    pad_h, pad_w = -h % n, -w % n
    if pad_h or pad_w:
        rgb = np.pad(rgb, ((0, pad_h), (0, pad_w), (0, 0)), mode="edge")
    h, w = rgb.shape[:2]
    means = rgb.reshape(h // n, n, w // n, n, 3).mean(axis=(1, 3))
    return np.rint(means).astype(np.uint8)
