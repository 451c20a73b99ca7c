"""Open slides for the tile server: an index and descriptors each, few, bounded by count and bytes."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hemaview.wsi.errors import SlideError, Unreadable
from hemaview.wsi.tileindex import IndexedFile, TileIndex, prefix_of, read_index

INDEX_NAME = "tiles.hvt"
MAX_OPEN = 256
MAX_BYTES = 64 * 1024**2
FRESH_S = 0.2
"""How long a look at the files holds: a slide that was deleted or replaced is noticed after that."""


class SlideChanged(SlideError):
    """The slide's file is not the one that was indexed."""

    code = "slide-changed"


class NoSuchSlide(SlideError):
    """No index of that slide."""

    code = "not-found"


@dataclass(slots=True)
class OpenLevel:
    """What a request needs of a level, ready to hand."""

    columns: int
    rows: int
    stored: bool
    fd: int
    prefix: bytes
    offsets: memoryview
    counts: memoryview
    sparse_is_blank: bool
    tile_width: int
    tile_height: int


class IndexedSlide:
    """An index in memory and a descriptor for each file whose tiles are sent as stored."""

    def __init__(self, index_path: Path) -> None:
        try:
            status = index_path.stat()
        except OSError:
            raise NoSuchSlide("There is no such slide.") from None
        self.index_path = index_path
        self.index_stamp = (status.st_mtime_ns, status.st_size)
        self.index: TileIndex = read_index(index_path)
        self.stamp = self.index.stamp.encode()
        self.checked_s = 0.0
        fds: dict[int, int] = {}
        try:
            for number, file in enumerate(self.index.files):
                if any(level.stored and level.file == number for level in self.index.levels):
                    fds[number] = _open(file)
        except SlideError:
            for fd in fds.values():
                os.close(fd)
            raise
        self.fds = list(fds.values())
        self._readers, self._retired = 0, False
        self.levels = [
            OpenLevel(
                columns=level.columns,
                rows=level.rows,
                stored=level.stored,
                fd=fds.get(level.file, -1),
                prefix=prefix_of(level),
                offsets=table[0],
                counts=table[1],
                sparse_is_blank=level.sparse_is_blank,
                tile_width=level.tile_width,
                tile_height=level.tile_height,
            )
            for level, table in zip(self.index.levels, self.index.tables, strict=True)
        ]

    def same_as_on_disk(self) -> bool:
        """False where the index has been written anew or is gone; raises SlideChanged where a slide's file is another."""
        try:
            status = self.index_path.stat()
        except OSError:
            return False
        if (status.st_mtime_ns, status.st_size) != self.index_stamp:
            return False
        for file in self.index.files:
            _refuse_changed(file)
        return True

    @property
    def closed(self) -> bool:
        """Its descriptors may be another file's by now."""
        return self._retired and not self._readers

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """While this lasts its descriptors stay open, also where it is forgotten meanwhile."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if self.closed:
                self.close()

    def retire(self) -> None:
        """Close its descriptors as soon as nobody reads."""
        self._retired = True
        if self.closed:
            self.close()

    def close(self) -> None:
        self._retired = True
        for fd in self.fds:
            os.close(fd)
        self.fds = []


class IndexedSlides:
    """Least recently used first out; not for several threads (the event loop's own), its slow parts are handed out."""

    def __init__(self, max_open: int = MAX_OPEN, max_bytes: int = MAX_BYTES) -> None:
        self.max_open, self.max_bytes = max_open, max_bytes
        self.nbytes = 0
        self._open: OrderedDict[bytes, IndexedSlide] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def get(self, key: bytes) -> IndexedSlide | None:
        slide = self._open.get(key)
        if slide is not None:
            self._open.move_to_end(key)
        return slide

    def add(self, key: bytes, slide: IndexedSlide) -> None:
        self.drop(key)
        self._open[key] = slide
        self.nbytes += slide.index.nbytes
        while len(self._open) > 1 and (len(self._open) > self.max_open or self.nbytes > self.max_bytes):
            self.drop(next(iter(self._open)))

    def drop(self, key: bytes) -> None:
        """Forget a slide; its descriptors are closed once no read that has begun uses them."""
        gone = self._open.pop(key, None)
        if gone is not None:
            self.nbytes -= gone.index.nbytes
            gone.retire()

    def close(self) -> None:
        for opened in self._open.values():
            opened.close()
        self._open.clear()
        self.nbytes = 0


def _open(file: IndexedFile) -> int:
    try:
        fd = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise Unreadable("The slide's file is not where it was; tell the administrator.") from None
    status = os.fstat(fd)
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        os.close(fd)
        raise SlideChanged("The slide's file has changed since it was indexed; open the slide again.")
    return fd


def _refuse_changed(file: IndexedFile) -> None:
    try:
        status = os.stat(file.path)
    except OSError:
        raise Unreadable("The slide's file is not where it was; tell the administrator.") from None
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise SlideChanged("The slide's file has changed since it was indexed; open the slide again.")
