"""Every stored tile of a slide compared with full decodes of the same place: the proof behind "sent as stored"."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from hemaview.wsi.errors import SlideError
from hemaview.wsi.jpeglevels import StoredLevel
from hemaview.wsi.slide import Slide, open_slide
from hemaview.wsi.tileindex import TileIndex, read_index
from hemaview.wsi.tileplan import decode, expected, plan_tiles


@dataclass(frozen=True)
class LevelProof:
    """One level: tiles there are, tiles compared with openslide and with tifffile, and the largest difference to each
    (grey levels; None where nothing could be compared)."""

    level: int
    width_px: int
    height_px: int
    stored: bool
    why: str
    tiles: int
    compared_openslide: int
    difference_openslide: int | None
    compared_tifffile: int
    difference_tifffile: int | None


def prove(path: Path) -> list[LevelProof]:
    """A proof for each level of the slide; raises SlideError."""
    with tempfile.TemporaryDirectory() as folder, open_slide(path) as slide:
        index = _index(path, Path(folder))
        candidates = [c for c in slide.source.stored_levels() if isinstance(c, StoredLevel)]
        return [_level(slide, index, number, candidates) for number in range(len(index.levels))]


def _index(path: Path, folder: Path) -> TileIndex:
    plan_tiles(path, None, folder / "i.hvt", "stored")
    return read_index(folder / "i.hvt")


def _level(slide: Slide, index: TileIndex, number: int, candidates: list[StoredLevel]) -> LevelProof:
    level = index.levels[number]
    of_size = [c for c in candidates if (c.width_px, c.height_px) == (level.width, level.height)]
    tiles = level.columns * level.rows
    if not level.stored or not of_size:
        return LevelProof(number, level.width, level.height, False, level.why, tiles, 0, None, 0, None)
    stored = of_size[0]
    theirs: list[int] = []
    exact: list[int] = []
    whole = dict(_tifffile_tiles(stored))
    for row in range(stored.rows):
        for column in range(stored.columns):
            jpeg = stored.tile(column, row)
            if not jpeg:
                continue
            pixels = decode(jpeg).astype(np.int16)
            bgra = expected(slide, number, stored, column, row)
            if bgra is not None:
                h, w = bgra.shape[:2]
                theirs.append(int(np.abs(pixels[:h, :w] - bgra[..., 2::-1]).max()))
            full = whole.get((row, column))
            if full is not None:
                h, w = full.shape[:2]
                exact.append(int(np.abs(pixels[:h, :w] - full).max()))
    return LevelProof(
        number, level.width, level.height, True, "", tiles, len(theirs), max(theirs, default=None), len(exact),
        max(exact, default=None),
    )  # fmt: skip


def _tifffile_tiles(stored: StoredLevel) -> Iterator[tuple[tuple[int, int], NDArray[np.uint8]]]:
    """Each tile of the level as tifffile decodes it, (row, column) → uint8 (h, w, 3); nothing where it cannot."""
    try:
        with tifffile.TiffFile(stored.blob.open()) as tiff:
            for page in tiff.pages:
                size = (getattr(page, "imagelength", 0), getattr(page, "imagewidth", 0))
                if size != (stored.height_px, stored.width_px) or not getattr(page, "is_tiled", False):
                    continue
                whole = page.asarray()
                for row in range(stored.rows):
                    for column in range(stored.columns):
                        y, x = row * stored.tile_height_px, column * stored.tile_width_px
                        yield (row, column), whole[y : y + stored.tile_height_px, x : x + stored.tile_width_px]
                return
    except (tifffile.TiffFileError, ValueError, ImportError, SlideError):
        return
