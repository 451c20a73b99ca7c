"""Readers kept open for tiles: few, bounded, reopened when the file changes or a handle dies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hemaview.wsi.errors import Unreadable
from hemaview.wsi.slide import Slide as OpenSlide
from hemaview.wsi.slide import open_slide

MAX_OPEN = 64


@dataclass
class _Reader:
    slide: OpenSlide
    stamp: tuple[int, int]
    users: int = 0
    retired: bool = False


class ReaderCache:
    """At most `max_open` slides open at once, least recently used closed first, none closed while in use."""

    def __init__(self, max_open: int = MAX_OPEN) -> None:
        self.max_open = max_open
        self._readers: OrderedDict[Path, _Reader] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def reader(self, path: Path) -> Iterator[OpenSlide]:
        """The open slide; raises SlideError where it is gone or damaged, and forgets it after an error."""
        entry = self._take(path)
        try:
            yield entry.slide
        except Unreadable:
            self._forget(path, entry)
            raise
        finally:
            self._give(entry)

    def _take(self, path: Path) -> _Reader:
        try:
            status = path.stat()
        except OSError as error:
            raise Unreadable("The slide's file is not where it was; tell the administrator.") from error
        stamp = (status.st_mtime_ns, status.st_size)
        with self._lock:
            entry = self._readers.get(path)
            if entry is not None and entry.stamp != stamp:
                self._retire(path, entry)
                entry = None
            if entry is None:
                entry = _Reader(open_slide(path), stamp)
                self._readers[path] = entry
                while len(self._readers) > self.max_open:
                    oldest_path, oldest = next(iter(self._readers.items()))
                    self._retire(oldest_path, oldest)
            self._readers.move_to_end(path)
            entry.users += 1
            return entry

    def _give(self, entry: _Reader) -> None:
        with self._lock:
            entry.users -= 1
            if entry.retired and not entry.users:
                entry.slide.close()

    def _forget(self, path: Path, entry: _Reader) -> None:
        with self._lock:
            if self._readers.get(path) is entry:
                self._retire(path, entry)

    def _retire(self, path: Path, entry: _Reader) -> None:
        del self._readers[path]
        entry.retired = True
        if not entry.users:
            entry.slide.close()


readers = ReaderCache()
