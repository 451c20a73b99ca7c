"""Decide, level by level, how a slide's tiles are served, prove it against openslide's pixels, and write the index.

Runs in the limited child (`sandbox.plan`): the files it looks at may be hostile.
"""

from __future__ import annotations

import hashlib
import json
import random
from array import array
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from hemaview.words import gettext
from hemaview.wsi.buffers import on_white
from hemaview.wsi.colour import Colour, default_for, usable
from hemaview.wsi.errors import SlideError
from hemaview.wsi.jpeglevels import Refused, StoredLevel
from hemaview.wsi.jpegstream import SOI, icc_segments, speaks
from hemaview.wsi.sidepyramid import kept_levels
from hemaview.wsi.slide import Slide, open_slide
from hemaview.wsi.tileindex import IndexedFile, TileIndex, TileLevel, write_index

TOLERANCE = 2
"""Grey levels by which a stored tile may differ from openslide's picture of it: two decoders' rounding."""
CHECKED_TILES = 9
STRIP_PX = 32_000_000
DECODED_TILE_PX = 512
_APPLIED = "The colour profile is applied to every pixel."


@dataclass(frozen=True)
class _Planned:
    """A level as it will be served; `path` holds its pixels, `stored` the tables where tiles go out as stored."""

    path: Path
    level: TileLevel
    stored: StoredLevel | None = None


def plan_tiles(
    path: Path, low_levels: Path | None, out: Path, colour: str = "", converted: Path | None = None
) -> TileIndex:
    """Write the index of the slide at `path` to `out` and return it; raises SlideError.

    `low_levels`: a side pyramid with the levels that the file lacks. `colour`: what to do with an embedded profile
    ("" chooses). `converted`: a JPEG pyramid made from the slide under that very colour, served in its place.
    """
    with open_slide(path) as slide:
        icc = slide.icc
        size = (slide.width_px, slide.height_px)
        treatment = Colour(colour) if colour else default_for(icc)
        if not usable(icc):
            icc, treatment = b"", Colour.STORED
        if converted is not None:
            with open_slide(converted) as pyramid:
                planned = _plan(converted, pyramid, len(pyramid.levels), size, "")
        else:
            # An applied profile changes every pixel: nothing goes out as stored then.
            why = _APPLIED if treatment is Colour.APPLIED else ""
            planned = _plan(path, slide, kept_levels(slide), size, why)
            if low_levels is not None:
                with open_slide(low_levels) as low:
                    planned += _plan(low_levels, low, len(low.levels), size, why)
    paths = list(dict.fromkeys(p.path for p in planned))
    levels = [replace(p.level, file=paths.index(p.path)) for p in planned]
    baked = treatment is Colour.APPLIED and converted is not None
    index = TileIndex(
        stamp="",
        colour=str(treatment),
        width=size[0],
        height=size[1],
        files=[IndexedFile.of(p) for p in paths],
        levels=levels,
        icc=b"" if treatment is Colour.STORED or baked else icc,
    )
    index.stamp = _stamp(index)
    profile = icc_segments(icc) if treatment is Colour.CARRIED else b""
    tables: list[tuple[array[int], array[int]] | None] = []
    prefixes = []
    for p in planned:
        tables.append((p.stored.offsets, p.stored.counts) if p.stored else None)
        prefixes.append(SOI + profile + p.stored.prefix[2:] if p.stored else b"")
    write_index(index, tables, prefixes, out)
    return index


def _plan(path: Path, slide: Slide, count: int, full: tuple[int, int], why: str) -> list[_Planned]:
    """The first `count` levels of a file, each as stored where that is possible and true, else decoded."""
    candidates = [] if why else slide.source.stored_levels()
    planned = []
    for number in range(count):
        size = slide.levels[number]
        reason = why or "The file holds no tiles that a browser can show."
        plan: _Planned | None = None
        for candidate in candidates:
            if (candidate.width_px, candidate.height_px) != (size.width_px, size.height_px):
                continue
            if isinstance(candidate, Refused):
                reason = candidate.why
                continue
            try:
                blank = verify(slide, number, candidate)
            except SlideError as error:
                reason = error.message
                continue
            assert candidate.blob.path is not None  # what is served lies in files
            plan = _Planned(candidate.blob.path, _level(slide, number, full, candidate, blank), candidate)
            break
        planned.append(plan or _Planned(path, _decoded(slide, number, full, reason)))
    return planned


def _level(slide: Slide, number: int, full: tuple[int, int], stored: StoredLevel, blank: bool) -> TileLevel:
    size = slide.levels[number]
    return TileLevel(
        width=size.width_px,
        height=size.height_px,
        tile_width=stored.tile_width_px,
        tile_height=stored.tile_height_px,
        columns=stored.columns,
        rows=stored.rows,
        downsample=full[0] / size.width_px,
        file=0,
        level=number,
        stored=True,
        sparse_is_blank=blank,
    )


def _decoded(slide: Slide, number: int, full: tuple[int, int], why: str) -> TileLevel:
    size = slide.levels[number]
    own = slide.source.tile_px(number)
    # The file's own grid, so that a tile touches one stored tile and not four.
    fits = own is not None and all(128 <= side <= 1024 for side in own)
    tile_w, tile_h = own if own is not None and fits else (DECODED_TILE_PX, DECODED_TILE_PX)
    return TileLevel(
        width=size.width_px,
        height=size.height_px,
        tile_width=tile_w,
        tile_height=tile_h,
        columns=-(-size.width_px // tile_w),
        rows=-(-size.height_px // tile_h),
        downsample=full[0] / size.width_px,
        file=0,
        level=number,
        stored=False,
        why=why,
    )


def verify(slide: Slide, number: int, stored: StoredLevel) -> bool:
    """Raise SlideError unless a sample of the stored tiles shows what openslide shows; whether missing ones are blank.

    The first, last and middle tile and some at random, each decoded whole and compared pixel by pixel.
    """
    present = [i for i, count in enumerate(stored.counts) if count]
    missing = [i for i, count in enumerate(stored.counts) if not count]
    indices = {present[k * (len(present) - 1) // 3] for k in range(4)} if present else set()
    indices |= set(random.Random(number).sample(present, min(CHECKED_TILES - 4, len(present))))
    n_compared = 0
    for i in sorted(indices):
        row, column = divmod(i, stored.columns)
        theirs = expected(slide, number, stored, column, row)
        if theirs is None:
            continue
        jpeg = stored.tile(column, row)
        if speaks(jpeg):
            raise SlideError(gettext("Its tiles hold comments, which can say who the patient is."))
        pixels = decode(jpeg)
        h, w = theirs.shape[:2]
        if pixels.shape[:2] != (stored.tile_height_px, stored.tile_width_px):
            raise SlideError(gettext("Its tiles are not of the size that the file says."))
        if int(np.abs(pixels[:h, :w].astype(np.int16) - theirs[..., 2::-1]).max()) > TOLERANCE:
            raise SlideError(gettext("Its stored tiles do not look as openslide shows them."))
        n_compared += 1
    if present and not n_compared:
        raise SlideError(gettext("Its tiles could not be compared with openslide's picture."))
    for i in missing[:3]:
        row, column = divmod(i, stored.columns)
        premultiplied = expected(slide, number, stored, column, row, white=False)
        if premultiplied is None or premultiplied[..., 3].any():
            return False
    return True


def decode(jpeg: bytes) -> NDArray[np.uint8]:
    """uint8 (H, W, 3); raises SlideError where the bytes are no JPEG that can be decoded to its end."""
    try:
        return np.asarray(simplejpeg.decode_jpeg(jpeg, "RGB", fastdct=False, fastupsample=False))
    except ValueError as error:
        raise SlideError(gettext("One of its tiles cannot be decoded.")) from error


def expected(
    slide: Slide, number: int, stored: StoredLevel, column: int, row: int, white: bool = True
) -> NDArray[np.uint8] | None:
    """BGRA of the tile's valid part as openslide shows it; None where openslide cannot be asked for exactly that.

    openslide takes corners in level-0 px. Where a tile's corner does not fall on one, the strip from the level's origin
    is read instead, if it is not too large.
    """
    size = slide.levels[number]
    x, y = column * stored.tile_width_px, row * stored.tile_height_px
    w, h = min(stored.tile_width_px, size.width_px - x), min(stored.tile_height_px, size.height_px - y)
    l0_x, l0_y = x * size.downsample, y * size.downsample
    if abs(l0_x - round(l0_x)) < 1e-6 and abs(l0_y - round(l0_y)) < 1e-6:
        bgra = slide.read_premultiplied(round(l0_x), round(l0_y), number, w, h)
    elif (x + w) * (y + h) <= STRIP_PX:
        bgra = slide.read_premultiplied(0, 0, number, x + w, y + h)[y:, x:]
    else:
        return None
    return on_white(bgra) if white else bgra


def _stamp(index: TileIndex) -> str:
    facts = json.dumps([index.colour, [asdict(f) for f in index.files], [asdict(level) for level in index.levels]])
    return hashlib.blake2b(facts.encode() + index.icc, digest_size=8).hexdigest()
