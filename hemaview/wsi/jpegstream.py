"""JPEG streams as slides store them: read their headers, and make an abbreviated one whole again without decoding."""

from __future__ import annotations

from dataclasses import dataclass

from hemaview.words import gettext
from hemaview.wsi.errors import Unreadable

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
ADOBE_RGB = bytes.fromhex("ffee 000e 41646f6265 0064 0000 0000 00")
"""APP14 'Adobe' with transform 0: the three components are red, green and blue, not YCbCr."""
ICC_CHUNK = 65_519
_ALONE = {0x01, *range(0xD0, 0xD8)}


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What the markers before the first scan say. `sampling` is (horizontal, vertical) of each component."""

    width_px: int
    height_px: int
    bits: int
    baseline: bool
    sampling: tuple[tuple[int, int], ...]
    component_ids: tuple[int, ...]
    adobe_transform: int | None
    tables: bool


def header(data: bytes) -> JpegHeader:
    """The header of a JPEG stream; raises Unreadable where it is none, or ends before its frame header."""
    if data[:2] != SOI:
        raise Unreadable(gettext("A tile of this slide is not a JPEG."))
    at, size = 2, len(data)
    adobe: int | None = None
    quantised = coded = False
    while at + 4 <= size:
        if data[at] != 0xFF:
            break
        code = data[at + 1]
        if code == 0xFF:
            at += 1
            continue
        if code in _ALONE:
            at += 2
            continue
        if code in (0xD9, 0xDA):
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) != length - 2:
            break
        if code == 0xDB:
            quantised = True
        elif code == 0xC4:
            coded = True
        elif code == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        elif 0xC0 <= code <= 0xCF and code not in (0xC8, 0xCC):
            n = body[5] if len(body) > 5 else 0
            if len(body) < 6 + 3 * n or n == 0:
                break
            parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(n)]
            rest = _tables_after(data, at + 2 + length)
            return JpegHeader(
                width_px=int.from_bytes(body[3:5], "big"),
                height_px=int.from_bytes(body[1:3], "big"),
                bits=body[0],
                baseline=code == 0xC0,
                sampling=tuple((p[1] >> 4, p[1] & 15) for p in parts),
                component_ids=tuple(p[0] for p in parts),
                adobe_transform=adobe,
                tables=(quantised or rest[0]) and (coded or rest[1]),
            )
        at += 2 + length
    raise Unreadable(gettext("A tile of this slide is a JPEG without a frame header."))


def speaks(data: bytes) -> bool:
    """Whether comments or texts of an application stand before the scan (COM, EXIF, XMP, IPTC)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        if data[at + 1] in (0xFE, 0xE1, 0xED):
            return True
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return False


def _tables_after(data: bytes, at: int) -> tuple[bool, bool]:
    """Whether quantisation and Huffman tables stand between `at` and the scan (their order is free)."""
    quantised = coded = False
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        quantised |= data[at + 1] == 0xDB
        coded |= data[at + 1] == 0xC4
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return quantised, coded


def prefix(tables: bytes, sample: bytes, rgb: bool) -> bytes:
    """What goes before a stored tile from its third byte on, so that any decoder reads it right.

    `tables` is the TIFF's JPEGTables (may be empty), `sample` one stored tile, `rgb` whether its components are RGB
    (TIFF 6.0 photometric 2: such tiles carry no marker, and without one decoders take them for YCbCr). Raises Unreadable
    where sample or tables are no JPEG.
    """
    inner = b""
    marked = header(sample).adobe_transform is not None
    if tables:
        if tables[:2] != SOI or tables[-2:] != EOI:
            raise Unreadable(gettext("The JPEG tables of this slide are damaged."))
        inner = tables[2:-2]
        marked = marked or b"\xff\xee\x00\x0eAdobe" in inner
    return SOI + (ADOBE_RGB if rgb and not marked else b"") + inner


def icc_segments(icc: bytes) -> bytes:
    """A profile as APP2 segments (ICC.1:2010, annex B.4); empty for no profile or one of more than 255 parts."""
    parts = [icc[i : i + ICC_CHUNK] for i in range(0, len(icc), ICC_CHUNK)]
    if not parts or len(parts) > 255:
        return b""
    return b"".join(
        b"\xff\xe2" + (len(part) + 16).to_bytes(2, "big") + b"ICC_PROFILE\x00" + bytes((i + 1, len(parts))) + part
        for i, part in enumerate(parts)
    )


def with_icc(jpeg: bytes, icc: bytes) -> bytes:
    """A whole JPEG with a colour profile in it."""
    return SOI + icc_segments(icc) + jpeg[2:] if icc else jpeg
