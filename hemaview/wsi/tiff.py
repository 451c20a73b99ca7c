"""A small, strict walker over TIFF and BigTIFF directories.

It reads only what the file really holds: every count is checked against the file's size before memory is taken, and a
directory chain that turns back on itself is an error. It exists because general readers trust those numbers.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from io import BufferedReader

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.errors import Unreadable, Unsupported

MAX_DIRECTORIES = 512
MAX_ENTRIES = 4096
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}

IMAGE_WIDTH, IMAGE_LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, STRIP_COUNTS, PLANAR = 273, 277, 279, 284
ORIENTATION, SAMPLE_FORMAT = 274, 339
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS, JPEG_TABLES, ICC = 322, 323, 324, 325, 347, 34675


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one tag's values lie: its type, how many, and the file offset of the first."""

    kind: int
    count: int
    offset: int

    @property
    def nbytes(self) -> int:
        return _SIZES.get(self.kind, 1) * self.count


@dataclass
class Directory:
    """One image of the file: its entries, read on demand."""

    file: TiffFile
    entries: dict[int, Entry] = field(default_factory=dict)

    def number(self, tag: int, default: int = 0) -> int:
        """The first value of an integer tag."""
        if tag not in self.entries:
            return default
        values = self.numbers(tag, limit=1)
        return int(values[0]) if values else default

    def numbers(self, tag: int, limit: int | None = None) -> array[int]:
        """The values of an integer tag (an empty array where it is absent)."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in _CODES:
            return array("Q")
        count = entry.count if limit is None else min(limit, entry.count)
        raw = self.file.read(entry.offset, count * _SIZES[entry.kind])
        values = array(_CODES[entry.kind])
        values.frombytes(raw)
        if self.file.swap:
            values.byteswap()
        return values

    def rational(self, tag: int) -> float:
        """The first value of a rational tag; 0 where it is absent or has no denominator."""
        return next(iter(self.rationals(tag, 1)), 0.0)

    def rationals(self, tag: int, limit: int = 6) -> list[float]:
        """The values of a rational tag, 0 for one without a denominator; [] where it is absent."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind != 5:
            return []
        count = min(limit, entry.count)
        numbers = struct.unpack(f"{self.file.order}{2 * count}I", self.file.read(entry.offset, 8 * count))
        return [above / below if below else 0.0 for above, below in zip(numbers[::2], numbers[1::2], strict=True)]

    def data(self, tag: int) -> bytes:
        entry = self.entries.get(tag)
        return b"" if entry is None else self.file.read(entry.offset, entry.nbytes)


class TiffFile:
    """The directories of a TIFF; raises Unsupported where the file is none, Unreadable where it contradicts itself."""

    def __init__(self, blob: Blob) -> None:
        self.blob, self.name = blob, blob.title
        self.size = blob.size()
        self.directories: list[Directory] = []
        with blob.open() as stream:
            self._stream: BufferedReader = stream
            self._walk()
        del self._stream

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes at `offset`; raises Unreadable where they are not in the file."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise Unreadable(
                gettext("{name} is cut short or damaged: it points past its own end.").format(name=self.name)
            )
        stream = getattr(self, "_stream", None)
        if stream is not None and not stream.closed:
            stream.seek(offset)
            return bytes(stream.read(count))
        return self.blob.read(offset, count)

    def _walk(self) -> None:
        head = self.read(0, 8) if self.size >= 8 else b""
        if head[:2] not in (b"II", b"MM"):
            raise Unsupported(gettext("{name} is not a TIFF.").format(name=self.name))
        self.order = "<" if head[:2] == b"II" else ">"
        self.swap = (self.order == "<") != (struct.pack("=H", 1) == b"\x01\x00")
        magic = struct.unpack(self.order + "H", head[2:4])[0]
        if magic == 42:
            self.big, offset = False, struct.unpack(self.order + "I", head[4:8])[0]
        elif magic == 43:
            self.big, offset = True, struct.unpack(self.order + "Q", self.read(8, 8))[0]
        else:
            raise Unsupported(gettext("{name} is not a TIFF.").format(name=self.name))
        offsets: set[int] = set()
        while offset:
            if offset in offsets:
                raise Unreadable(
                    gettext("{name} is damaged: its list of pictures runs in a circle.").format(name=self.name)
                )
            if len(offsets) >= MAX_DIRECTORIES:
                raise Unreadable(
                    gettext("{name} holds more than {max_directories} pictures; that is no slide.").format(
                        name=self.name, max_directories=MAX_DIRECTORIES
                    )
                )
            offsets.add(offset)
            offset = self._directory(offset)

    def _directory(self, offset: int) -> int:
        order = self.order
        count_format, entry_size, next_format = ("Q", 20, "Q") if self.big else ("H", 12, "I")
        head = struct.calcsize(order + count_format)
        count = struct.unpack(order + count_format, self.read(offset, head))[0]
        if count > MAX_ENTRIES:
            raise Unreadable(
                gettext("{name} is damaged: a picture in it claims {count} properties.").format(
                    name=self.name, count=count
                )
            )
        raw = self.read(offset + head, count * entry_size)
        directory = Directory(self)
        for i in range(count):
            at = i * entry_size
            if self.big:
                tag, kind, number = struct.unpack_from(order + "HHQ", raw, at)
                inline, pointer_format = 8, "Q"
            else:
                tag, kind, number = struct.unpack_from(order + "HHI", raw, at)
                inline, pointer_format = 4, "I"
            nbytes = _SIZES.get(kind, 1) * number
            value_at = offset + head + at + entry_size - inline
            where = value_at
            if nbytes > inline:
                where = struct.unpack_from(order + pointer_format, raw, at + entry_size - inline)[0]
                if where + nbytes > self.size:
                    raise Unreadable(
                        gettext("{name} is cut short or damaged: it points past its own end.").format(name=self.name)
                    )
            directory.entries[tag] = Entry(kind, number, where)
        self.directories.append(directory)
        tail = struct.calcsize(order + next_format)
        return int(struct.unpack(order + next_format, self.read(offset + head + count * entry_size, tail))[0])


def check_tiff(blob: Blob, max_side_px: int, max_pixels: int) -> None:
    """Refuse a TIFF whose numbers do not fit its bytes, before any other reader trusts them.

    Checks each directory's size against the limits, its tile grid against its number of tile entries, and each
    tile's or strip's bytes against the file's size. Raises Unreadable.
    """
    name = blob.title
    tiff = TiffFile(blob)
    for directory in tiff.directories:
        width, height = directory.number(IMAGE_WIDTH), directory.number(IMAGE_LENGTH)
        if width <= 0 or height <= 0:
            continue
        if width > max_side_px or height > max_side_px or width * height > max_pixels:
            raise Unreadable(
                gettext("{name} claims {width} × {height} px, more than HemaView takes or the file can hold.").format(
                    name=name, width=width, height=height
                )
            )
        tiled = TILE_OFFSETS in directory.entries
        offsets = directory.numbers(TILE_OFFSETS if tiled else STRIP_OFFSETS)
        counts = directory.numbers(TILE_COUNTS if tiled else STRIP_COUNTS)
        if tiled:
            tile_w, tile_h = directory.number(TILE_WIDTH), directory.number(TILE_LENGTH)
            if tile_w <= 0 or tile_h <= 0:
                raise Unreadable(gettext("{name} is damaged: its tiles have no size.").format(name=name))
            planes = directory.number(SAMPLES, 1) if directory.number(PLANAR, 1) == 2 else 1
            if len(offsets) < -(-width // tile_w) * -(-height // tile_h) * planes:
                raise Unreadable(
                    gettext("{name} is damaged: it lists fewer tiles than its size needs.").format(name=name)
                )
        if len(counts) != len(offsets):
            raise Unreadable(gettext("{name} is damaged: its tile table does not add up.").format(name=name))
        for offset, count in zip(offsets, counts, strict=True):
            if count and offset + count > tiff.size:
                raise Unreadable(
                    gettext("{name} is cut short or damaged: picture data are missing at its end.").format(name=name)
                )
