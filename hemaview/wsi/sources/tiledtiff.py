"""Tiled TIFF and OME-TIFF of any layout read tile by tile: planes, deep samples, focal planes, SubIFDs, bytes from anywhere.

Samples are decoded by tifffile and shown as `looks` shows those of a picture.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyvips
import tifffile
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.decoding import PALETTE, of_array, of_palette
from hemaview.wsi.describe import Description, describe_tiff
from hemaview.wsi.errors import SlideError, Unreadable, Unsupported
from hemaview.wsi.focus import sharpest
from hemaview.wsi.jpeglevels import Refused, StoredLevel, stored_levels
from hemaview.wsi.looks import as_it_looks, as_numbers, colour_bands, depth
from hemaview.wsi.picture import refuse_kinds
from hemaview.wsi.sources.choice import NO_CHOICE, Choice, plane_note, refuse_missing
from hemaview.wsi.sources.source import Facts, Level, Source
from hemaview.wsi.sources.tiles import Tile, TileCache, region, spread

_SCANNED_PX = 1_000_000_000
"""The largest level of so many pixels is looked at for its brightest sample."""
SMALLER = 0.02
"""By how much the sides of a smaller level may differ in their downsample."""


class TiledTiffSource(Source):
    """The one picture of a tiled TIFF, at the chosen focal plane or at the sharpest."""

    def __init__(self, blob: Blob, choice: Choice = NO_CHOICE) -> None:
        # Described with all its planes: which of them is shown is decided here.
        self._what = describe_tiff(blob, blob.title, replace(choice, plane=None))
        _refuse(self._what, blob.title)
        self._blob, self._cache, self._lock = blob, TileCache(), threading.Lock()
        self._stream = blob.open()
        try:
            self._file = tifffile.TiffFile(self._stream)
            self._planes = [self._levels(plane[0]) for plane in self._what.planes]
        except SlideError:
            self._stream.close()
            raise
        except Exception as error:  # tifffile raises what it likes over a file that contradicts itself
            self._stream.close()
            raise Unreadable(
                gettext("{title} is damaged or incomplete and cannot be read as a slide.").format(title=blob.title)
            ) from error
        sizes = [(pages[0].imagewidth, pages[0].imagelength) for pages in self._planes[0]]
        self.levels = tuple(Level(w, h, sizes[0][0] / w) for w, h in sizes)
        self._notes: list[str] = []
        self._bits = 0
        self._plane = 0
        refuse_missing(choice, blob.title, choice.series or 1, len(self._planes))
        if len(self._planes) > 1:
            self._plane = (choice.plane_number or sharpest(len(self._planes), self._glance) + 1) - 1
            self._cache = TileCache()
            self._notes.append(plane_note(self._plane + 1, len(self._planes), bool(choice.plane_number)))
        self._bits = self._bits_in_use()

    @property
    def facts(self) -> Facts:
        size = self._what.size
        notes = tuple(dict.fromkeys((*self._what.notes, *self._notes)))
        stage = self._what.stages[0] if self._what.stages else None
        sides, source = ((size.um_x, size.um_y), size.source) if size else (None, "")
        return Facts(
            "tiled TIFF", sides, source, notes=notes, focal_planes=len(self._planes), stage=stage,
            plane=self._plane + 1, plane_step_um=self._what.plane_step_um,
        )  # fmt: skip

    def tile_px(self, level: int) -> tuple[int, int]:
        page = self._planes[self._plane][level][0]
        return page.tilewidth, page.tilelength

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        def tile(column: int, row: int) -> Tile | None:
            return self._cache.tile((level, column, row), lambda: self._tile(self._plane, level, column, row))

        return region(self.levels[level], self.tile_px(level), (l0_x, l0_y), (width_px, height_px), tile)

    def stored_levels(self) -> list[StoredLevel | Refused]:
        return stored_levels(self._blob) if self._what.as_stored else []

    def files(self) -> Sequence[Blob]:
        return [self._blob]

    def close(self) -> None:
        self._file.close()
        self._stream.close()

    def _levels(self, pages: tuple[int, ...]) -> list[list[Any]]:
        """By level the pages of tifffile whose planes make it: SubIFDs, or pages that are the first one made smaller."""
        pages_of_file: Any = self._file.pages
        full = [pages_of_file[i] for i in pages]
        if any(not page.is_tiled for page in full):
            raise Unsupported(gettext("{title} is not stored in tiles.").format(title=self._blob.title))
        levels = [full]
        subs = [list(page.pages or ()) for page in full]
        for number in range(min(len(sub) for sub in subs)):
            levels.append([sub[number] for sub in subs])
        if len(levels) == 1 and len(pages) == 1:
            levels += [[page] for page in pages_of_file[pages[0] + 1 :] if page.is_reduced]
        w, h = full[0].imagewidth, full[0].imagelength
        directories = [
            level for level in levels
            if all(page.is_tiled for page in level)
            and abs((w / level[0].imagewidth) / (h / level[0].imagelength) - 1) <= SMALLER
        ]  # fmt: skip
        return sorted(directories, key=lambda level: -level[0].imagewidth)

    def _tile(self, plane: int, level: int, column: int, row: int) -> Tile | None:
        """uint8 (h, w, 3) of a tile as it looks."""
        samples = self._samples(plane, level, column, row)
        if samples is None:
            return None
        try:
            image = of_array(samples, self._blob.title, self._what)
            return np.asarray(as_it_looks(image, self._what, self._bits, self._blob.title, self._notes).numpy())
        except pyvips.Error as error:
            raise Unreadable(gettext("The picture data of this slide are damaged: a tile cannot be shown.")) from error

    def _samples(self, plane: int, level: int, column: int, row: int) -> NDArray[np.generic] | None:
        """(h, w) or (h, w, samples) as stored; None where the file has no such tile."""
        parts = []
        for page in self._planes[plane][level]:
            columns, rows = -(-page.imagewidth // page.tilewidth), -(-page.imagelength // page.tilelength)
            planes = page.samplesperpixel if page.planarconfig == 2 else 1
            for sample in range(planes):
                part = self._decoded(page, (sample * rows + row) * columns + column)
                if part is None:
                    return None
                parts.append(part[0])
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
        flat = samples[..., 0] if samples.shape[2] == 1 else samples
        if self._what.photometric == PALETTE:
            return of_palette(flat, self._planes[plane][level][0].colormap, self._blob.title)
        return flat

    def _decoded(self, page: Any, i: int) -> NDArray[np.generic] | None:
        """(depth, h, w, samples) of a tile."""
        if i >= len(page.dataoffsets):
            raise Unreadable(
                gettext("{title} is damaged: it lists fewer tiles than its size needs.").format(title=self._blob.title)
            )
        offset, count = page.dataoffsets[i], page.databytecounts[i]
        if not count:
            return None
        raw = self._blob.read(offset, count)
        if len(raw) != count:
            raise Unreadable(
                gettext("{title} is cut short or damaged: picture data are missing at its end.").format(
                    title=self._blob.title
                )
            )
        try:
            data = page.decode(raw, i, jpegtables=page.jpegtables, jpegheader=page.jpegheader)[0]
        except Exception as error:  # decoders raise what they like
            raise Unreadable(
                gettext("The picture data of this slide are damaged: a tile cannot be decoded.")
            ) from error
        return None if data is None else np.asarray(data)

    def _glance(self, plane: int) -> Tile:
        page = self._planes[plane][0][0]
        columns, rows = -(-page.imagewidth // page.tilewidth), -(-page.imagelength // page.tilelength)
        tiles = [self._tile(plane, 0, c, r) for c, r in spread(columns, rows)]
        whole = [t for t in tiles if t is not None]
        if not whole:
            raise Unsupported(gettext("{title} holds no picture data.").format(title=self._blob.title))
        h, w = min(t.shape[0] for t in whole), min(t.shape[1] for t in whole)
        return np.hstack([t[:h, :w] for t in whole])

    def _bits_in_use(self) -> int:
        """What the brightest sample of the slide needs, where the file does not say; its tiles are looked at one by one."""
        if self._what.bits != 16 or self._what.sample_format != "integer" or self._what.stated_bits:
            return 0
        sizes = [level.width_px * level.height_px for level in self.levels]
        number = next((i for i, px in enumerate(sizes) if px <= _SCANNED_PX), len(sizes) - 1)
        (w, h), size = self.tile_px(number), self.levels[number]
        most = 8
        for row in range(-(-size.height_px // h)):
            for column in range(-(-size.width_px // w)):
                samples = self._samples(self._plane, number, column, row)
                if samples is not None:
                    image = colour_bands(of_array(samples, self._blob.title, self._what))[0]
                    most = max(most, depth(as_numbers(image, self._what)))
        return most


def _refuse(what: Description, name: str) -> None:
    refuse_kinds(what, name)
    if what.sample_format != "integer":
        raise Unsupported(
            gettext(
                "{name} holds fractions, whose brightest a slide does not state; save it with 8 or 16 bits."
            ).format(name=name)
        )
    if len(what.pictures) > 1:
        raise Unsupported(
            gettext("{name} contains {pictures} pictures; import one of them by its number.").format(
                name=name, pictures=len(what.pictures)
            )
        )
    if what.orientation != 1:
        raise Unsupported(
            gettext("{name} is stored turned or mirrored (orientation {orientation}); save it upright.").format(
                name=name, orientation=what.orientation
            )
        )
