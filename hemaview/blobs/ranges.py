"""A stream over bytes that are asked for by range."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemaview.blobs.store import Blobs


class RangeReader(io.RawIOBase):
    """Reads one blob range by range; nothing of it is kept."""

    def __init__(self, blobs: Blobs, name: str) -> None:
        super().__init__()
        self.name = name
        self._blobs, self._size, self._at = blobs, blobs.size(name), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("There is nothing before the first byte.")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), max(0, self._size - self._at))
        if not count:
            return 0
        raw = self._blobs.read(self.name, self._at, count)
        buffer[: len(raw)] = raw
        self._at += len(raw)
        return len(raw)
