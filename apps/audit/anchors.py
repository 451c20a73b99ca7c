"""Heads of the record outside the database: who can change its rows, its end included, cannot change these unseen.

One line a head, the number of the record's lines and the hash of the last: `1042 9f86d0…`. The file is only ever appended
to; what is on another disk, or is sent on by the system's log shipper, is out of a tamperer's reach.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings


def anchors_file() -> Path:
    return Path(settings.ANCHORS_DIR) / "audit-heads.log"


def anchor(lines: int, sha256: str) -> None:
    """Append one head; it is on the disk when this returns."""
    path = anchors_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(handle, f"{lines} {sha256}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def anchored() -> dict[int, set[str]]:
    """The hashes that were written for each number of lines; a line cut short by a crash is left out."""
    heads: dict[int, set[str]] = {}
    try:
        text = anchors_file().read_text()
    except FileNotFoundError:
        return heads
    for line in text.splitlines():
        number, _, sha256 = line.partition(" ")
        if number.isdigit() and len(sha256) == 64:
            heads.setdefault(int(number), set()).add(sha256)
    return heads
