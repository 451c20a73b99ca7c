"""Tiled JPEG TIFFs written byte by byte, so that every dialect of them can be made: order, offsets, tables, colours."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True)
class Dialect:
    """How a file says the same thing; `sparse` are numbers of level-0 tiles that are left out."""

    rgb: bool = False
    quality: int = 85
    subsampling: str = "420"
    tile: int = 256
    big: bool = False
    order: str = "<"
    tables_in_file: bool = True
    sparse: tuple[int, ...] = ()


def picture(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    """uint8 (height, width, 3): smooth colours with some sharp grain, as stained cells have."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    base = np.stack([np.sin(x / (17 + 9 * c) + c) * np.cos(y / (23 + 7 * c)) for c in range(3)], axis=-1)
    noise = rng.normal(0, 6, (height, width, 3))
    return np.clip(150 + 80 * base + noise, 0, 255).astype(np.uint8)


def write_tiff(path: Path, levels: list[NDArray[np.uint8]], how: Dialect) -> None:
    """Write the levels, largest first, each tiled and padded by its edge pixels."""
    order, big = how.order, how.big
    out = bytearray(struct.pack(order + "2sHHHQ", b"II" if order == "<" else b"MM", 43, 8, 0, 0) if big else
                    struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 0))  # fmt: skip
    pointer_at = 8 if big else 4
    for number, level in enumerate(levels):
        tiles, tables = _tiles(level, how)
        offsets, counts = [], []
        for i, tile in enumerate(tiles):
            if number == 0 and i in how.sparse:
                offsets.append(0)
                counts.append(0)
                continue
            offsets.append(len(out))
            counts.append(len(tile))
            out += tile + b"\0" * (len(tile) % 2)
        h, w = level.shape[:2]
        sub = {"444": (1, 1), "422": (2, 1), "420": (2, 2)}[how.subsampling]
        tags: list[tuple[int, str, list[int] | bytes]] = [
            (254, "I", [1 if number else 0]), (256, "I", [w]), (257, "I", [h]), (258, "H", [8, 8, 8]), (259, "H", [7]),
            (262, "H", [2 if how.rgb else 6]), (277, "H", [3]), (284, "H", [1]), (322, "I", [how.tile]),
            (323, "I", [how.tile]), (324, "Q" if big else "I", offsets), (325, "I", counts),
        ]  # fmt: skip
        if tables:
            tags.append((347, "B", tables))
        if not how.rgb:
            tags.append((530, "H", list(sub)))
        pointer = _directory(out, tags, order, big)
        struct.pack_into(order + ("Q" if big else "I"), out, pointer_at, pointer[0])
        pointer_at = pointer[1]
    path.write_bytes(out)


def halves(level: NDArray[np.uint8], n: int, step: int = 2) -> list[NDArray[np.uint8]]:
    """The level and n smaller ones, each by `step` (every step-th pixel)."""
    levels = [level]
    for _ in range(n):
        levels.append(np.ascontiguousarray(levels[-1][::step, ::step]))
    return levels


def _tiles(level: NDArray[np.uint8], how: Dialect) -> tuple[list[bytes], bytes]:
    side = how.tile
    h, w = level.shape[:2]
    full = np.pad(level, ((0, -h % side), (0, -w % side), (0, 0)), mode="edge")
    space = {"colorspace": "RGB", "outcolorspace": "RGB" if how.rgb else "YCBCR"}
    tiles, tables = [], b""
    for y in range(0, full.shape[0], side):
        for x in range(0, full.shape[1], side):
            tile = np.ascontiguousarray(full[y : y + side, x : x + side])
            raw = bytes(imagecodecs.jpeg8_encode(tile, level=how.quality, subsampling=how.subsampling, **space))
            stream, own_tables = _split(_numbered(raw) if how.rgb else raw, how.tables_in_file)
            tiles.append(stream)
            tables = own_tables
    return tiles, tables


def _numbered(jpeg: bytes) -> bytes:
    """Components called 0, 1, 2 as Aperio does; libjpeg writes R, G, B, which decoders would recognise."""
    out, at = bytearray(jpeg), 2
    while out[at + 1] != 0xDA:
        if out[at + 1] == 0xC0:
            for i in range(3):
                out[at + 10 + 3 * i] = i
        at += 2 + int.from_bytes(out[at + 2 : at + 4], "big")
    for i in range(3):
        out[at + 5 + 2 * i] = i
    return bytes(out)


def _split(jpeg: bytes, take_tables: bool) -> tuple[bytes, bytes]:
    """A stream without its application markers and, if asked, without its tables; and those tables as a stream."""
    at, stream, tables = 2, bytearray(SOI), bytearray(SOI)
    while jpeg[at + 1] != 0xDA:
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        part, code = jpeg[at : at + length], jpeg[at + 1]
        if code in (0xDB, 0xC4) and take_tables:
            tables += part
        elif not 0xE0 <= code <= 0xEF:
            stream += part
        at += length
    return bytes(stream + jpeg[at:]), bytes(tables + EOI) if take_tables else b""


def _directory(
    out: bytearray, tags: list[tuple[int, str, list[int] | bytes]], order: str, big: bool
) -> tuple[int, int]:
    kinds = {"B": 7, "H": 3, "I": 4, "Q": 16}
    inline = 8 if big else 4
    rows = []
    for tag, kind, values in tags:
        raw = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{kind}", *values)
        n = len(values)
        if len(raw) <= inline:
            rows.append((tag, kinds[kind], n, raw.ljust(inline, b"\0")))
        else:
            out += b"\0" * (len(out) % 2)
            rows.append((tag, kinds[kind], n, struct.pack(order + ("Q" if big else "I"), len(out))))
            out += raw
    out += b"\0" * (len(out) % 2)
    start = len(out)
    out += struct.pack(order + ("Q" if big else "H"), len(rows))
    for tag, kind_number, n, raw in rows:
        out += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind_number, n) + raw
    pointer_at = len(out)
    out += struct.pack(order + ("Q" if big else "I"), 0)
    return start, pointer_at
