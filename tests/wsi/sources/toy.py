"""A whole slide source of a package: `TOY` and one colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.wsi.sources.choice import Choice
from hemaview.wsi.sources.names import FileKind
from hemaview.wsi.sources.registry import SourceKind
from hemaview.wsi.sources.source import Facts, Level, Source
from hemaview.wsi.sources.tiles import region


class Toy(Source):
    def __init__(self, blob: Blob, choice: Choice) -> None:
        self.blob, self.levels = blob, (Level(512, 384, 1.0),)
        self.tile = np.full((256, 256, 3), list(blob.read(3, 3)), np.uint8)

    @property
    def facts(self) -> Facts:
        return Facts("toy")

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        size = (width_px, height_px)
        return region(self.levels[level], (256, 256), (l0_x, l0_y), size, lambda column, row: self.tile)

    def files(self) -> Sequence[Blob]:
        return [self.blob]

    def close(self) -> None:
        pass


KIND = SourceKind(
    "toy", 200, lambda blob, head: head[:3] == b"TOY", Toy, names=(FileKind("Toy", (".toy",), ("other",)),)
)
