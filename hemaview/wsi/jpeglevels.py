"""Levels whose tiles lie in the file as plain JPEG streams: where each tile is, and what goes before it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi import jpegstream, tiff
from hemaview.wsi.errors import SlideError, Unreadable
from hemaview.wsi.sources import dicomframes

JPEG_COMPRESSION, YCBCR, RGB = 7, 6, 2
TILE_PX = (16, 2048)


@dataclass
class StoredLevel:
    """One level as the file holds it: a grid of JPEG tiles, row by row; a byte count of 0 is a tile that is not there.

    offsets: array('Q'), counts: array('I'), both columns × rows long. `prefix` goes before each tile from `skip` bytes on.
    """

    blob: Blob
    width_px: int
    height_px: int
    tile_width_px: int
    tile_height_px: int
    columns: int
    rows: int
    offsets: array[int]
    counts: array[int]
    prefix: bytes = jpegstream.SOI

    def tile(self, column: int, row: int) -> bytes:
        """A tile as a whole JPEG, b"" where the file has none; raises Unreadable where the bytes are not a JPEG's."""
        i = row * self.columns + column
        count = self.counts[i]
        if not count:
            return b""
        raw = self.blob.read(self.offsets[i], count)
        if len(raw) != count or raw[:2] != jpegstream.SOI:
            raise Unreadable(gettext("A tile of this slide is not a JPEG."))
        return self.prefix + raw[2:]


@dataclass(frozen=True)
class Refused:
    """A level that cannot be served as stored, and why."""

    width_px: int
    height_px: int
    why: str


def stored_levels(blob: Blob) -> list[StoredLevel | Refused]:
    """The candidates of a TIFF or DICOM slide; empty for any other format. Nothing here is verified against pixels."""
    head = blob.read(0, 132)
    try:
        if head[:2] in (b"II", b"MM"):
            return list(_tiff_levels(blob))
        if head[128:132] == b"DICM":
            return list(_dicom_levels(blob))
    except SlideError:
        return []
    return []


def _tiff_levels(blob: Blob) -> Iterator[StoredLevel | Refused]:
    file = tiff.TiffFile(blob)
    for directory in file.directories:
        width, height = directory.number(tiff.IMAGE_WIDTH), directory.number(tiff.IMAGE_LENGTH)
        if tiff.TILE_OFFSETS not in directory.entries:
            continue
        try:
            yield _tiff_level(file, directory, width, height)
        except SlideError as error:
            yield Refused(width, height, error.message)


def _tiff_level(file: tiff.TiffFile, directory: tiff.Directory, width: int, height: int) -> StoredLevel:
    compression = directory.number(tiff.COMPRESSION, 1)
    if compression != JPEG_COMPRESSION:
        raise Unreadable(
            gettext("Its compression is {compression}, not JPEG.").format(
                compression=_COMPRESSIONS.get(compression, compression)
            )
        )
    photometric = directory.number(tiff.PHOTOMETRIC)
    bits = directory.numbers(tiff.BITS)
    if (
        photometric not in (YCBCR, RGB)
        or directory.number(tiff.SAMPLES, 1) != 3
        or directory.number(tiff.PLANAR, 1) != 1
        or any(b != 8 for b in bits)
    ):
        raise Unreadable(gettext("It is not 8-bit colour with interleaved samples."))
    tile_w, tile_h = directory.number(tiff.TILE_WIDTH), directory.number(tiff.TILE_LENGTH)
    columns, rows = _grid(width, height, tile_w, tile_h)
    offsets = array("Q", directory.numbers(tiff.TILE_OFFSETS))
    counts = array("I", directory.numbers(tiff.TILE_COUNTS))
    if len(offsets) < columns * rows or len(counts) < columns * rows:
        raise Unreadable(gettext("It lists fewer tiles than its size needs."))
    offsets, counts = offsets[: columns * rows], counts[: columns * rows]
    level = StoredLevel(file.blob, width, height, tile_w, tile_h, columns, rows, offsets, counts)
    _in_file(level, file.size)
    sample = _first_tile(level)
    if sample:
        level.prefix = jpegstream.prefix(directory.data(tiff.JPEG_TABLES), sample, photometric == RGB)
        _plain(jpegstream.header(level.prefix + sample[2:]), tile_w, tile_h)
    return level


def _dicom_levels(blob: Blob) -> Iterator[StoredLevel | Refused]:
    for image in dicomframes.images_of(blob):
        try:
            columns, rows = _grid(image.width_px, image.height_px, image.tile_width_px, image.tile_height_px)
            offsets, counts = dicomframes.frames(image, columns * rows)
            level = StoredLevel(
                image.blob, image.width_px, image.height_px, image.tile_width_px, image.tile_height_px, columns, rows,
                offsets, counts,
            )  # fmt: skip
            _in_file(level, image.blob.size())
            sample = _first_tile(level)
            if sample:
                level.prefix = jpegstream.prefix(b"", sample, image.rgb)
                _plain(jpegstream.header(level.prefix + sample[2:]), level.tile_width_px, level.tile_height_px)
            yield level
        except SlideError as error:
            yield Refused(image.width_px, image.height_px, error.message)


def _grid(width: int, height: int, tile_w: int, tile_h: int) -> tuple[int, int]:
    if width <= 0 or height <= 0 or not all(TILE_PX[0] <= side <= TILE_PX[1] for side in (tile_w, tile_h)):
        raise Unreadable(
            gettext("Its tiles of {tile_w} × {tile_h} px are of no size that a viewer takes.").format(
                tile_w=tile_w, tile_h=tile_h
            )
        )
    return -(-width // tile_w), -(-height // tile_h)


def _in_file(level: StoredLevel, size: int) -> None:
    for offset, count in zip(level.offsets, level.counts, strict=True):
        if count and (offset + count > size or count < 4):
            raise Unreadable(gettext("One of its tiles lies outside the file."))


def _first_tile(level: StoredLevel) -> bytes:
    for offset, count in zip(level.offsets, level.counts, strict=True):
        if count:
            return level.blob.read(offset, count)
    return b""


def _plain(head: jpegstream.JpegHeader, tile_w: int, tile_h: int) -> None:
    """Raise Unreadable unless every browser shows such a stream: 8-bit baseline, three components, the tile's size."""
    if not head.baseline or head.bits != 8 or len(head.component_ids) != 3:
        raise Unreadable(gettext("Its tiles are not baseline 8-bit colour JPEG."))
    if (head.width_px, head.height_px) != (tile_w, tile_h):
        raise Unreadable(gettext("Its tiles are not of the size that the file says."))
    if not head.tables:
        raise Unreadable(gettext("Its tiles lack their tables."))


_COMPRESSIONS = {
    1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 33003: "JPEG 2000", 33005: "JPEG 2000", 50000: "zstd",
    50001: "WebP", 50002: "JPEG XL", 34712: "JPEG 2000",
}  # fmt: skip
