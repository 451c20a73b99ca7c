"""Files that must be what was recorded: hashed once, then known by what the file system says of them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


class Altered(Exception):
    """A file that is not the one whose hash was recorded."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The file {path.name} is not the one that was recorded: it was altered or replaced.")


def prove(path: Path, sha256: str) -> None:
    """Raise Altered where the file is another one, OSError where it cannot be read.

    The hash of a file that did not change is not made again: it is kept under the file's inode, size, and times of
    modification and of change in ns. Who can set all of them back can write to the disk itself; `fresh_sha256` asks no cache.
    """
    about = path.stat()
    sha256_now = _sha256(str(path), about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    if sha256_now != sha256:
        raise Altered(path)


def fresh_sha256(path: Path) -> str:
    """The file's sha256, read now."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=4096)
def _sha256(path: str, device: int, inode: int, size: int, modified_ns: int, changed_ns: int) -> str:
    return fresh_sha256(Path(path))
