"""A folder that a browser sent as one file: POSIX ustar, written by frontend/case/pack.ts, nothing else of the format.

Source: IEEE Std 1003.1-1988, ustar interchange format.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hemaview.words import gettext
from hemaview.wsi.errors import TooLarge, Unreadable

SUFFIX = ".tar"
BLOCK = 512
MOST_FILES = 500_000
_MAGIC, _COPIED = b"ustar\x0000", 1 << 20


def unpack(packed: Path, folder: Path, name: str) -> None:
    """Write the files of `packed` below `folder`, unless it is there already; raises Unreadable, TooLarge naming `name`.

    Regular files with plain relative names alone; nothing is left after a refusal.
    """
    if folder.is_dir():
        return
    part = folder.with_name(f".{uuid.uuid4().hex}.part")
    part.mkdir(parents=True)
    try:
        with packed.open("rb") as stream:
            _unpack(stream, packed.stat().st_size, part, name)
        part.replace(folder)
    except OSError as error:
        if folder.is_dir():  # another request has unpacked it at the same moment
            return
        raise Unreadable(
            gettext("{name} cannot be unpacked: {strerror}.").format(name=name, strerror=error.strerror or error)
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _unpack(stream: BinaryIO, size: int, folder: Path, name: str) -> None:
    n = 0
    while True:
        head = stream.read(BLOCK)
        if len(head) == BLOCK and not any(head):
            break
        n += 1
        if n > MOST_FILES:
            raise TooLarge(
                gettext("{name} holds more than {most_files:,} files.").format(name=name, most_files=MOST_FILES)
            )
        path, count = _entry(head, name)
        if stream.tell() + count > size:
            raise Unreadable(gettext("{name} is cut short.").format(name=name))
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            remaining = count
            while remaining:
                piece = stream.read(min(remaining, _COPIED))
                out.write(piece)
                remaining -= len(piece)
        stream.seek(-count % BLOCK, 1)
    if not n:
        raise Unreadable(gettext("{name} holds no files.").format(name=name))


def _entry(head: bytes, name: str) -> tuple[PurePosixPath, int]:
    """The path and the size of one file."""
    damaged = Unreadable(gettext("{name} is damaged: its list of files cannot be read.").format(name=name))
    if len(head) != BLOCK or head[257:265] != _MAGIC or head[156:157] != b"0":
        raise damaged
    try:
        if int(head[148:156].strip(b" \0") or b"0", 8) != sum(head[:148]) + 8 * 32 + sum(head[156:]):
            raise damaged
        count = int(head[124:136].strip(b" \0"), 8)
        own, prefix = (head[a:b].split(b"\0", 1)[0].decode() for a, b in ((0, 100), (345, 500)))
    except ValueError as error:
        raise damaged from error
    path = PurePosixPath(prefix, own)
    plain = path.parts and not path.is_absolute() and ".." not in path.parts and "\\" not in str(path)
    if not plain or any(ord(c) < 32 for c in str(path)) or any(len(p.encode()) > 200 for p in path.parts):
        raise Unreadable(gettext("{name} holds a file with a name that is not allowed.").format(name=name))
    return path, count
