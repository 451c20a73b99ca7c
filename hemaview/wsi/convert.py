"""Make of any slide a tiled JPEG pyramid that can be served as stored, strip by strip, and prove it against the source."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import simplejpeg
import tifffile
from numpy.typing import NDArray

from hemaview.words import gettext
from hemaview.wsi.colour import LEFT_OUT, Colour, brought_from, profile_name, usable
from hemaview.wsi.errors import Unreadable
from hemaview.wsi.sidepyramid import box_mean
from hemaview.wsi.slide import Slide, open_slide
from hemaview.wsi.sources.choice import NO_CHOICE, Choice

TILE_PX = 256
QUALITY = 90
COMPARED_TILES = 48
WORST_MEAN_DIFFERENCE = 6.0
"""Grey levels, mean over a tile: JPEG at this quality stays well below it; another place or colour does not."""


def convert(
    path: Path,
    out: Path,
    apply_profile: bool = False,
    progress: Callable[[float], None] | None = None,
    choice: Choice = NO_CHOICE,
    in_place: bool = True,
) -> dict[str, Any]:
    """Write `out` from the slide at `path` and compare the two; {tiles, worst_mean_difference, notes,
    planes, plane, plane_step_um}. Raises SlideError.

    `apply_profile` brings every pixel to sRGB by the embedded profile, and `notes` say so. Memory: one strip of 256 px a
    level. The file appears only when it has been verified.
    """
    tell = progress or (lambda share: None)
    opened = open_slide(path, Colour.APPLIED if apply_profile else Colour.STORED, choice=choice, in_place=in_place)
    with opened as slide, tempfile.TemporaryDirectory(dir=out.parent, prefix=".convert-") as folder:
        part = Path(folder) / out.name
        levels, mean = _spool(slide, Path(folder), lambda share: tell(0.85 * share))
        _write(levels, part, slide.mpp)
        tell(0.9)
        worst = _compare(slide, part, mean)
        os.replace(part, out)
        notes = _of_colour(slide.source.icc) if apply_profile else []
        facts = slide.source.facts
    tell(1.0)
    return {
        "tiles": sum(level.tiles for level in levels), "worst_mean_difference": round(worst, 3), "notes": notes,
        "planes": facts.focal_planes, "plane": facts.plane, "plane_step_um": facts.plane_step_um,
    }  # fmt: skip


def _of_colour(icc: bytes) -> list[str]:
    """What happened to the colours of a slide with this profile."""
    if not icc:
        return []
    return [brought_from(profile_name(icc))] if usable(icc) else [gettext(LEFT_OUT)]


class _Level:
    """One level on its way: rows of pixels come in, whole rows of tiles go to a spool file."""

    def __init__(self, number: int, width: int, height: int, folder: Path) -> None:
        self.width, self.height, self.tiles = width, height, 0
        self.spool: IO[bytes] = (folder / f"level-{number}").open("w+b")
        self.lengths: list[int] = []
        self.waiting: list[NDArray[np.uint8]] = []
        self.waiting_rows = 0

    def take(self, rows: NDArray[np.uint8], last: bool) -> Iterator[NDArray[np.uint8]]:
        """Give rows of `width` px in; get back strips of TILE_PX rows that have been written as tiles."""
        self.waiting.append(rows)
        self.waiting_rows += len(rows)
        while self.waiting_rows >= TILE_PX or (last and self.waiting_rows):
            block = np.concatenate(self.waiting)
            strip, rest = block[:TILE_PX], block[TILE_PX:]
            self.waiting, self.waiting_rows = ([rest] if len(rest) else []), len(rest)
            self._encode(strip)
            yield strip

    def _encode(self, strip: NDArray[np.uint8]) -> None:
        full = np.pad(strip, ((0, TILE_PX - len(strip)), (0, -self.width % TILE_PX), (0, 0)), mode="edge")
        for x in range(0, full.shape[1], TILE_PX):
            tile = np.ascontiguousarray(full[:, x : x + TILE_PX])
            jpeg = simplejpeg.encode_jpeg(tile, quality=QUALITY, colorspace="RGB", colorsubsampling="444")
            self.spool.write(jpeg)
            self.lengths.append(len(jpeg))
            self.tiles += 1

    def jpegs(self) -> Iterator[bytes]:
        self.spool.seek(0)
        for length in self.lengths:
            yield self.spool.read(length)


def _spool(slide: Slide, folder: Path, tell: Callable[[float], None]) -> tuple[list[_Level], NDArray[np.float64]]:
    """All levels encoded, and the mean colour of level 0."""
    total = np.zeros(3)
    width, height = slide.width_px, slide.height_px
    levels = [_Level(0, width, height, folder)]
    while max(levels[-1].width, levels[-1].height) > TILE_PX:
        w, h = -(-levels[-1].width // 2), -(-levels[-1].height // 2)
        levels.append(_Level(len(levels), w, h, folder))
    for y in range(0, height, TILE_PX):
        h = min(TILE_PX, height - y)
        rows = slide.read(0, y, 0, width, h)
        total += rows.sum(axis=(0, 1), dtype=np.uint64)
        _feed(levels, 0, rows, y + h >= height)
        tell(min(1.0, (y + h) / height))
    return levels, total / (width * height)


def _feed(levels: list[_Level], number: int, rows: NDArray[np.uint8], last: bool) -> None:
    """Rows go into a level; what it has written goes on at half its size (strips are even but for the last)."""
    strips = list(levels[number].take(rows, last))
    if number + 1 == len(levels):
        return
    for i, strip in enumerate(strips):
        _feed(levels, number + 1, box_mean(strip, 2), last and i == len(strips) - 1)


def _write(levels: list[_Level], out: Path, mpp: float | None) -> None:
    per_cm = 10_000 / mpp if mpp else 1.0
    with tifffile.TiffWriter(out, bigtiff=True) as writer:
        for number, level in enumerate(levels):
            writer.write(
                level.jpegs(),
                shape=(level.height, level.width, 3),
                dtype=np.uint8,
                tile=(TILE_PX, TILE_PX),
                photometric="ycbcr",
                subsampling=(1, 1),
                compression="jpeg",
                subfiletype=1 if number else 0,
                resolution=(per_cm / 2**number, per_cm / 2**number),
                resolutionunit="CENTIMETER",
                metadata=None,
            )
            level.spool.close()


def _compare(slide: Slide, copy: Path, mean: NDArray[np.float64]) -> float:
    """The largest mean difference of a tile between the slide and what was made of it; raises Unreadable if too large.

    `mean`: the slide's mean colour (R, G, B) over level 0.
    """
    worst = 0.0
    with open_slide(copy) as pyramid:
        if (pyramid.width_px, pyramid.height_px) != (slide.width_px, slide.height_px):
            raise Unreadable(gettext("The converted slide does not have the size of its source."))
        columns, rows = -(-slide.width_px // TILE_PX), -(-slide.height_px // TILE_PX)
        tiles = {0, columns - 1, (rows - 1) * columns, rows * columns - 1}
        tiles |= set(random.Random(1).sample(range(columns * rows), min(COMPARED_TILES, columns * rows)))
        for i in sorted(tiles):
            row, column = divmod(i, columns)
            x, y = column * TILE_PX, row * TILE_PX
            w, h = min(TILE_PX, slide.width_px - x), min(TILE_PX, slide.height_px - y)
            ours, theirs = pyramid.read(x, y, 0, w, h), slide.read(x, y, 0, w, h)
            worst = max(worst, float(np.abs(ours.astype(np.int16) - theirs).mean()))
        # The source's own low levels may differ from its level 0, so the overview must keep the colour of what was read.
        last = len(pyramid.levels) - 1
        low = pyramid.read(0, 0, last, pyramid.levels[last].width_px, pyramid.levels[last].height_px)
        worst = max(worst, float(np.abs(low.mean(axis=(0, 1)) - mean).max()))
    if worst > WORST_MEAN_DIFFERENCE:
        raise Unreadable(gettext("The converted slide does not look like its source; the original stays in use."))
    return worst
