"""A slide's tiles as one small file, written at import: for each level its grid, and where the stored tiles lie.

Layout: `HVT1`, uint32 length of a JSON header, the header, then for each stored level uint64 offsets and uint32 byte
counts, little-endian. Serving a tile needs this file and the slide's, and no TIFF is parsed again.
"""

from __future__ import annotations

import base64
import json
import struct
from array import array
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hemaview.blobs import whole_file
from hemaview.words import gettext
from hemaview.wsi.errors import OutOfBounds, Unreadable
from hemaview.wsi.jpegstream import SOI

MAGIC = b"HVT1"
VERSION = 1


@dataclass(frozen=True, slots=True)
class TileLevel:
    """One level as it is served, largest first. `stored`: its tiles are sent as the file holds them.

    `file` indexes the index's files; `level` is openslide's number in that file (for decoding); `blank_px`: tiles that
    the file does not have are white of that size, else they are decoded; `why`: why a level is not sent as stored.
    """

    width: int
    height: int
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    downsample: float
    file: int
    level: int
    stored: bool
    sparse_is_blank: bool = False
    why: str = ""
    prefix: str = ""
    at: int = 0

    def place(self, column: int, row: int) -> int:
        """The tile's number; raises OutOfBounds before any arithmetic can reach another tile."""
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            raise OutOfBounds(
                gettext("This level has {columns} × {rows} tiles; there is no tile {column}_{row}.").format(
                    columns=self.columns, rows=self.rows, column=column, row=row
                )
            )
        return row * self.columns + column


@dataclass(frozen=True)
class IndexedFile:
    """A file that tiles are read from, and how it looked when it was indexed."""

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> IndexedFile:
        status = path.stat()
        return cls(str(path), status.st_size, status.st_mtime_ns)


@dataclass
class TileIndex:
    """What is served of a slide; `stamp` changes with it and is part of every tile's address and ETag."""

    stamp: str
    colour: str
    width: int
    height: int
    files: list[IndexedFile]
    levels: list[TileLevel]
    icc: bytes = b""
    tables: list[tuple[memoryview, memoryview]] = field(default_factory=list)
    nbytes: int = 0

    @property
    def stored_levels(self) -> int:
        return sum(level.stored for level in self.levels)

    def level(self, number: int) -> TileLevel:
        """A level by its number, 0 = largest; raises OutOfBounds."""
        if not 0 <= number < len(self.levels):
            raise OutOfBounds(
                gettext("This slide has levels 0 to {levels}; there is no level {number}.").format(
                    levels=len(self.levels) - 1, number=number
                )
            )
        return self.levels[number]


def write_index(
    index: TileIndex, tables: list[tuple[array[int], array[int]] | None], prefixes: list[bytes], out: Path
) -> None:
    """Write the index under a temporary name, then give it its own; `tables` and `prefixes` go with the levels."""
    levels, blobs, at = [], [], 0
    for level, table, prefix in zip(index.levels, tables, prefixes, strict=True):
        row = {**asdict(level), "prefix": base64.b64encode(prefix).decode(), "at": at}
        if table is not None:
            offsets, counts = array("Q", table[0]), array("I", table[1])
            blobs += [offsets.tobytes(), counts.tobytes()]
            at += len(blobs[-2]) + len(blobs[-1])
        levels.append(row)
    header = json.dumps(
        {
            "version": VERSION,
            "stamp": index.stamp,
            "colour": index.colour,
            "width": index.width,
            "height": index.height,
            "icc": base64.b64encode(index.icc).decode(),
            "files": [asdict(f) for f in index.files],
            "levels": levels,
        }
    ).encode()
    with whole_file(out) as stream:
        stream.write(MAGIC + struct.pack("<I", len(header)) + header)
        for blob in blobs:
            stream.write(blob)


def read_index(path: Path) -> TileIndex:
    """The index at `path`; raises Unreadable where it is missing, of another version or cut short."""
    try:
        raw = path.read_bytes()
        if raw[:4] != MAGIC:
            raise ValueError
        length = struct.unpack_from("<I", raw, 4)[0]
        head: dict[str, Any] = json.loads(raw[8 : 8 + length])
        if head["version"] != VERSION:
            raise ValueError
        levels = [TileLevel(**row) for row in head["levels"]]
        files = [IndexedFile(**f) for f in head["files"]]
        body = memoryview(raw)[8 + length :]
        tables = []
        for level in levels:
            n = level.columns * level.rows if level.stored else 0
            if level.at + 12 * n > len(body) or not 0 <= level.file < len(files):
                raise ValueError
            tables.append(
                (
                    body[level.at : level.at + 8 * n].cast("Q"),
                    body[level.at + 8 * n : level.at + 12 * n].cast("I"),
                )
            )
        return TileIndex(
            stamp=head["stamp"],
            colour=head["colour"],
            width=head["width"],
            height=head["height"],
            files=files,
            levels=levels,
            icc=base64.b64decode(head["icc"]),
            tables=tables,
            nbytes=len(raw),
        )
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise Unreadable(
            gettext("The tiles of this slide are not indexed, or their index is damaged; import it again.")
        ) from error


def prefix_of(level: TileLevel) -> bytes:
    """The bytes that go before each stored tile of the level."""
    return base64.b64decode(level.prefix) or SOI
