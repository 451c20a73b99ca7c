"""Readers kept open for pictures: few, bounded, reopened when the file changes or a handle dies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hemaview.words import gettext
from hemaview.wsi.errors import Unreadable
from hemaview.wsi.slide import Slide as ReadableSlide
from hemaview.wsi.slide import open_slide

MAX_OPEN = 64


@dataclass
class _Reader:
    slide: ReadableSlide
    stamp: tuple[int, int]
    users: int = 0
    retired: bool = False


class ReaderCache:
    """At most `max_open` slides open at once, least recently used closed first, none closed while in use."""

    def __init__(self, max_open: int = MAX_OPEN) -> None:
        self.max_open = max_open
        self._readers: OrderedDict[tuple[Path, str], _Reader] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def reader(self, path: Path, colour: str = "stored") -> Iterator[ReadableSlide]:
        """The open slide, read under the colour option given; raises SlideError where it is gone or damaged.

        A handle is forgotten after its first error.
        """
        key = (path, colour)
        entry = self._take(key)
        try:
            yield entry.slide
        except Unreadable:
            self._forget(key, entry)
            raise
        finally:
            self._give(entry)

    def _take(self, key: tuple[Path, str]) -> _Reader:
        path, colour = key
        try:
            status = path.stat()
        except OSError as error:
            raise Unreadable(gettext("The slide's file is not where it was; tell the administrator.")) from error
        stamp = (status.st_mtime_ns, status.st_size)
        with self._lock:
            entry = self._readers.get(key)
            if entry is not None and entry.stamp != stamp:
                self._retire(key, entry)
                entry = None
            if entry is None:
                entry = _Reader(open_slide(path, colour), stamp)
                self._readers[key] = entry
                while len(self._readers) > self.max_open:
                    oldest_key, oldest = next(iter(self._readers.items()))
                    self._retire(oldest_key, oldest)
            self._readers.move_to_end(key)
            entry.users += 1
            return entry

    def _give(self, entry: _Reader) -> None:
        with self._lock:
            entry.users -= 1
            if entry.retired and not entry.users:
                entry.slide.close()

    def _forget(self, key: tuple[Path, str], entry: _Reader) -> None:
        with self._lock:
            if self._readers.get(key) is entry:
                self._retire(key, entry)

    def _retire(self, key: tuple[Path, str], entry: _Reader) -> None:
        del self._readers[key]
        entry.retired = True
        if not entry.users:
            entry.slide.close()


readers = ReaderCache()
