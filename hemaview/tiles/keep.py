"""Decoded tiles kept on disk within a limit; the oldest go first."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

SHARE_LEFT = 0.8


class KeptTiles:
    """Files `slide/stamp/level-column-row.jpg` below a folder; written by decoders, read and swept here.

    A limit of 0 bytes keeps nothing.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder, self.max_bytes = folder, max_bytes
        self._since_sweep = max_bytes  # the first tile looks at what an earlier process left

    def place(self, slide: str, stamp: str, level: int, column: int, row: int) -> Path:
        return self.folder / slide / stamp / f"{level}-{column}-{row}.jpg"

    def read(self, place: Path) -> bytes | None:
        try:
            return place.read_bytes()
        except OSError:
            return None

    def wrote(self, nbytes: int) -> bool:
        """Count what was written; True when it is time to sweep."""
        self._since_sweep += nbytes
        if self._since_sweep < self.max_bytes // 10:
            return False
        self._since_sweep = 0
        return True

    def sweep(self) -> int:
        """Remove the oldest tiles until four fifths of the limit are left; bytes kept. Runs in a thread."""
        files: list[tuple[float, int, str]] = []
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    files.append((max(status.st_mtime, status.st_atime), status.st_size, path))
        total = sum(size for _, size, _ in files)
        if total <= self.max_bytes:
            return total
        for _, size, path in sorted(files):
            if total <= self.max_bytes * SHARE_LEFT:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
                total -= size
        return total

    def forget(self, slide: str) -> None:
        shutil.rmtree(self.folder / slide, ignore_errors=True)
