"""A colour profile without its words: names, serial numbers and dates of devices stay in the slide's file.

Source: ICC.1:2010 (profile version 4) and ICC.1:2001 (version 2), header and tag table.
"""

from __future__ import annotations

import struct
from functools import lru_cache

_COLOUR_TAGS = frozenset(f"{sort}{n}".encode() for sort in ("A2B", "B2A", "D2B", "B2D") for n in range(4)) | {
    b"rXYZ",
    b"gXYZ",
    b"bXYZ",
    b"rTRC",
    b"gTRC",
    b"bTRC",
    b"kTRC",
    b"wtpt",
    b"bkpt",
    b"chad",
    b"chrm",
    b"gamt",
    b"lumi",
}
"""What colours are reckoned by; all other tags are descriptions, or private."""
_HEADER, _ENTRY, _MOST_TAGS = 128, 12, 200
_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)


@lru_cache(maxsize=32)
def without_words(icc: bytes) -> bytes:
    """The same colours under a name that says nothing; unchanged where its table cannot be read (then no reader can)."""
    tags = _tags(icc)
    if not tags:
        return icc
    text = _text4 if icc[8] >= 4 else _text2
    tags[b"desc"] = text("Slide", b"desc")
    tags[b"cprt"] = text("None", b"text")
    start = _HEADER + 4 + _ENTRY * len(tags)
    table, body = b"", b""
    places: dict[bytes, int] = {}  # curves are often one for all three colours
    for name, data in tags.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", places[data], len(data))
    # Left out: preferred module, date, manufacturer and model of the device, creator, and the hash of what was.
    head = bytes(4) + bytes(4) + icc[8:24] + _DATE + icc[36:48] + bytes(8) + icc[56:80] + bytes(4 + 16 + 28)
    return struct.pack(">I", start + len(body)) + head[4:] + struct.pack(">I", len(tags)) + table + body


def _tags(icc: bytes) -> dict[bytes, bytes]:
    """The tags of colour with their data; {} where the table contradicts the profile."""
    if len(icc) < _HEADER + 4 or icc[36:40] != b"acsp":
        return {}
    (count,) = struct.unpack(">I", icc[_HEADER : _HEADER + 4])
    if not 0 < count <= _MOST_TAGS or len(icc) < _HEADER + 4 + _ENTRY * count:
        return {}
    tags = {}
    for i in range(count):
        at = _HEADER + 4 + _ENTRY * i
        name, (offset, size) = icc[at : at + 4], struct.unpack(">II", icc[at + 4 : at + 12])
        if offset + size > len(icc):
            return {}
        if name in _COLOUR_TAGS:
            tags[name] = icc[offset : offset + size]
    return tags


def _text2(words: str, kind: bytes) -> bytes:
    if kind == b"text":
        return b"text" + bytes(4) + words.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words.encode() + bytes(1 + 78)


def _text4(words: str, kind: bytes) -> bytes:
    raw = words.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II", 1, 12) + b"enUS" + struct.pack(">II", len(raw), 28) + raw
