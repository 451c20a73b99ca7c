"""Bytes by name in a folder: the name is the file's path below it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path

from hemaview.blobs.store import Blob, Blobs, NoBlob, check_name
from hemaview.blobs.wholefile import whole_file


class LocalBlobs(Blobs):
    """Files below `folder`. A link is followed only where the folder itself is one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def size(self, name: str) -> int:
        return self.local_path(name).stat().st_size

    def read(self, name: str, offset: int = 0, count: int | None = None) -> bytes:
        with self.open(name) as stream:
            stream.seek(offset)
            return stream.read(-1 if count is None else count)

    def open(self, name: str) -> BufferedReader:
        return self.local_path(name).open("rb")

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as stream:
            for part in (data,) if isinstance(data, bytes) else data:
                stream.write(part)

    def extend(self, name: str, offset: int, data: bytes) -> None:
        with self.local_path(name).open("r+b") as stream:
            if stream.seek(0, os.SEEK_END) < offset:
                raise ValueError(f"{name} ends before byte {offset}.")
            stream.seek(offset)
            stream.write(data)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())

    def delete(self, name: str) -> None:
        path = self._path(name)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def names(self, prefix: str = "") -> Iterator[str]:
        folder = self._path(prefix.removesuffix("/")) if prefix else self.folder
        files = (path.relative_to(self.folder) for path in folder.rglob("*") if path.is_file())
        yield from sorted(str(path) for path in files if not any(part.startswith(".") for part in path.parts))

    def names_in(self, folder: str) -> Iterator[str]:
        place = self._path(folder) if folder else self.folder
        files = (path.name for path in place.iterdir() if path.is_file()) if place.is_dir() else iter(())
        yield from sorted(f"{folder}/{name}" if folder else name for name in files if not name.startswith("."))

    def local_path(self, name: str) -> Path:
        path = self._path(name)
        if not path.is_file():
            raise NoBlob(f"There is no {name}.")
        return path

    def _path(self, name: str) -> Path:
        return self.folder / check_name(name)


def blob_of(path: Path) -> Blob:
    """A file as the bytes that it holds; raises BadName for a name that begins with a dot."""
    return Blob(LocalBlobs(path.parent), check_name(path.name))
