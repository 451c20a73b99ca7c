"""A slide as the house sees it: one interface, whatever the file."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.errors import OutOfBounds
from hemaview.wsi.jpeglevels import Refused, StoredLevel
from hemaview.wsi.stage import Stage

_ENDS = 1 << 16


@dataclass(frozen=True, slots=True)
class Level:
    """One stored resolution: size in its own pixels and its downsample against level 0."""

    width_px: int
    height_px: int
    downsample: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself; µm per level-0 px across and down, None where it does not say."""

    vendor: str
    mpp_xy: tuple[float, float] | None = None
    mpp_from: str = ""
    objective: float | None = None
    notes: tuple[str, ...] = ()
    """What a person should know of how it was taken, a sentence each."""
    focal_planes: int = 1
    """So many the file holds; one of them is shown."""
    plane: int = 1
    """The number of the one that is shown, from 1."""
    plane_step_um: float | None = None
    """From one focal plane to the next, where the file says."""
    stage: Stage | None = None
    """Where it lies on the stage that it was taken on, where the file knows."""


class Source(ABC):
    """An open slide; `sources.registry` says which class opens which file. Safe to read from several threads.

    All pixels are 8-bit colours as the slide looks, upright. An embedded profile that `icc` gives has not been applied;
    one that had to be (deeper samples, other colour spaces) is not given.
    """

    levels: tuple[Level, ...]
    """Largest first; at least one."""

    @property
    @abstractmethod
    def facts(self) -> Facts:
        """Its description."""

    @abstractmethod
    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """uint8 (height_px, width_px, 4), premultiplied, alpha 0 outside of the slide and where the file has no pixels.

        Corner in level-0 px, size in px of `level`, which is one of `levels`. Raises Unreadable where data are damaged.
        """

    @abstractmethod
    def files(self) -> Sequence[Blob]:
        """The bytes that it is read from, the main ones first."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; nothing may be read afterwards."""

    @property
    def icc(self) -> bytes:
        """An embedded colour profile that its pixels are still in, b"" where there is none."""
        return b""

    @property
    def associated(self) -> tuple[str, ...]:
        """Names of pictures beside the slide (label, macro, thumbnail); label and macro can show who the patient is."""
        return ()

    def associated_image(self, name: str) -> NDArray[np.uint8]:
        """One of them as uint8 (H, W, 3 or 4); raises OutOfBounds where there is none."""
        raise OutOfBounds(gettext("This slide has no picture called {name!r}.").format(name=name))

    def tile_px(self, level: int) -> tuple[int, int] | None:
        """Width and height of the tiles that the file stores at `level`, where it tells."""
        return None

    def stored_levels(self) -> list[StoredLevel | Refused]:
        """The levels whose tiles lie in the file as plain JPEG, with the range of each; nothing here is proved yet."""
        return []

    def fingerprint(self) -> str:
        """32 hex digits that change with any of its files' names, sizes, first or last bytes."""
        digest = hashlib.blake2b(digest_size=16)
        for blob in self.files():
            size = blob.size()
            digest.update(f"{blob.title}\0{size}\0".encode())
            digest.update(blob.read(0, _ENDS))
            digest.update(blob.read(max(0, size - _ENDS), _ENDS))
        return digest.hexdigest()
