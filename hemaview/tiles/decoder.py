"""A child process that decodes tiles: one request at a time on its standard input, one answer on its output.

Request: a line of JSON {index, stamp, level, column, row, keep}. Answer: a status byte (0 tile, 1 refusal), uint32
length, then the JPEG, or JSON {code, message}. `keep` is where the tile is written for the next time, or "".
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import struct
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any
from uuid import uuid4

import openslide
import simplejpeg

from hemaview.wsi.buffers import on_white
from hemaview.wsi.colour import Colour, to_srgb
from hemaview.wsi.errors import SlideError, Unreadable
from hemaview.wsi.jpegstream import with_icc
from hemaview.wsi.slide import Slide, open_slide
from hemaview.wsi.tileindex import TileIndex, read_index

MAX_SLIDES = 16
CACHE_BYTES = 64 * 1024**2
MEMORY_BYTES = 4 * 1024**3
QUALITY = 80


class Decoder:
    """Decodes tiles of any slide; few slides stay open, and all share one cache of decoded pixels."""

    def __init__(self) -> None:
        self._cache = openslide.OpenSlideCache(CACHE_BYTES)
        self._indexes: OrderedDict[tuple[str, str], TileIndex] = OrderedDict()
        self._slides: OrderedDict[tuple[str, str], Slide] = OrderedDict()

    def tile(self, index_path: str, stamp: str, level: int, column: int, row: int) -> bytes:
        """One tile as a JPEG, its edge cut to what the slide covers; raises SlideError."""
        index = self._index(index_path, stamp)
        wanted = index.level(level)
        wanted.place(column, row)
        x, y = column * wanted.tile_width, row * wanted.tile_height
        w, h = min(wanted.tile_width, wanted.width - x), min(wanted.tile_height, wanted.height - y)
        path = index.files[wanted.file].path
        slide = self._slide(path, stamp)
        scale = slide.levels[wanted.level].downsample
        try:
            bgrx = on_white(slide.read_premultiplied(round(x * scale), round(y * scale), wanted.level, w, h))
        except Unreadable:
            self._slides.pop((path, stamp)).close()
            raise
        if index.colour == Colour.APPLIED and index.icc:
            rgb = to_srgb(bgrx[..., 2::-1].copy(), index.icc)
            return bytes(simplejpeg.encode_jpeg(rgb, QUALITY, "RGB", "420"))
        jpeg = bytes(simplejpeg.encode_jpeg(bgrx, QUALITY, "BGRX", "420"))
        return with_icc(jpeg, index.icc) if index.colour == Colour.CARRIED else jpeg

    def _index(self, path: str, stamp: str) -> TileIndex:
        index = self._indexes.get((path, stamp))
        if index is None:
            index = read_index(Path(path))
            if index.stamp != stamp:
                raise Unreadable("The slide has been indexed anew; open it again.")
            self._indexes[(path, stamp)] = index
            while len(self._indexes) > MAX_SLIDES:
                self._indexes.popitem(last=False)
        return index

    def _slide(self, path: str, stamp: str) -> Slide:
        slide = self._slides.get((path, stamp))
        if slide is None:
            slide = open_slide(path, cache=self._cache)
            self._slides[(path, stamp)] = slide
            while len(self._slides) > MAX_SLIDES:
                self._slides.popitem(last=False)[1].close()
        self._slides.move_to_end((path, stamp))
        return slide


def keep_tile(target: Path, jpeg: bytes) -> None:
    """Write a tile for the next time; a full disk is no reason to fail."""
    part = target.with_name(f".{target.name}.{uuid4().hex}")  # of containers each has a process of the same number
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(jpeg)
        os.replace(part, target)


def answer(decoder: Decoder, line: bytes) -> tuple[int, bytes]:
    """Status and body for one request."""
    request: dict[str, Any] = json.loads(line)
    try:
        jpeg = decoder.tile(request["index"], request["stamp"], request["level"], request["column"], request["row"])
    except SlideError as error:
        return 1, json.dumps({"code": error.code, "message": error.message}).encode()
    except (MemoryError, ValueError, OSError):
        return 1, json.dumps({"code": "unreadable", "message": "This part of the slide cannot be decoded."}).encode()
    if request["keep"]:
        keep_tile(Path(request["keep"]), jpeg)
    return 0, jpeg


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)  # tiles that need no decoding go first
    decoder = Decoder()
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        status, body = answer(decoder, line)
        out.write(struct.pack("<BI", status, len(body)) + body)
        out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
