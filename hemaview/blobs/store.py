"""The interface: bytes under names, read by range, put whole or not at all.

A store elsewhere (S3, a web server) is one file with one class: `size`, `read`, `put`, `delete` and `names` are all that it
must say; the contract in `tests/blobs/test_contract.py` proves it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path


class NoBlob(FileNotFoundError):
    """There are no bytes under that name."""


class BadName(ValueError):
    """A name that could reach outside the store."""


def check_name(name: str) -> str:
    """The name, if it is a plain relative path of parts that begin with no dot; raises BadName.

    A part that begins with a dot is one that is being written; no reader may ask for it.
    """
    parts = name.split("/")
    if not name or "\0" in name or "\\" in name or any(not part or part.startswith(".") for part in parts):
        raise BadName(f"{name!r} is no name of stored bytes.")
    return name


class Blobs(ABC):
    """Bytes by name; names are relative paths with `/`.

    Every method raises BadName, and NoBlob where it reads what is not there.
    """

    @abstractmethod
    def size(self, name: str) -> int:
        """How many bytes there are."""

    @abstractmethod
    def read(self, name: str, offset: int = 0, count: int | None = None) -> bytes:
        """`count` bytes from `offset` (to the end where it is None); fewer only where the bytes end."""

    @abstractmethod
    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """Keep the bytes under the name, in place of what was there: durable when this returns, whole or not at all."""

    def extend(self, name: str, offset: int, data: bytes) -> None:
        """Keep the bytes from `offset` on, in place of all that was there from `offset` on; durable when this returns.

        Raises NoBlob where there is nothing, ValueError where it ends before `offset`.
        """
        before = self.read(name, 0, offset)
        if len(before) != offset:
            raise ValueError(f"{name} ends before byte {offset}.")
        self.put(name, (before, data))

    @abstractmethod
    def delete(self, name: str) -> None:
        """Forget the bytes under the name and all whose names begin with it and `/`; nothing there is no error."""

    @abstractmethod
    def names(self, prefix: str = "") -> Iterator[str]:
        """Sorted names of all that is kept under `prefix` ("" for all, else a name followed by `/`)."""

    def names_in(self, folder: str) -> Iterator[str]:
        """Sorted names directly in a folder ("" for the top)."""
        prefix = f"{folder}/" if folder else ""
        yield from (name for name in self.names(prefix) if "/" not in name[len(prefix) :])

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except NoBlob:
            return False
        return True

    def open(self, name: str) -> BufferedReader:
        """The bytes as a stream that can seek; raises NoBlob."""
        from hemaview.blobs.ranges import RangeReader

        return BufferedReader(RangeReader(self, name), 1 << 16)

    def local_path(self, name: str) -> Path | None:
        """Where the bytes lie as a file that a library can open itself; None where they lie elsewhere. Raises NoBlob."""
        self.size(name)
        return None


@dataclass(frozen=True)
class Blob:
    """One name in one store: what a reader of slides is given."""

    store: Blobs
    name: str

    @property
    def title(self) -> str:
        """The last part of its name, as people know it."""
        return self.name.rpartition("/")[2]

    @property
    def path(self) -> Path | None:
        """Where it lies as a file, for a library that opens files itself; None where it lies elsewhere. Raises NoBlob."""
        return self.store.local_path(self.name)

    def size(self) -> int:
        return self.store.size(self.name)

    def read(self, offset: int = 0, count: int | None = None) -> bytes:
        return self.store.read(self.name, offset, count)

    def open(self) -> BufferedReader:
        return self.store.open(self.name)

    def beside(self) -> Iterator[Blob]:
        """The others in its folder."""
        for name in self.store.names_in(self.name.rpartition("/")[0]):
            if name != self.name:
                yield Blob(self.store, name)
