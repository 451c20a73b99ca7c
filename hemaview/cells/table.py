"""Cells in memory: one numpy array a column, no object a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from dataclasses import field as column
from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE_PX = 1024
"""Side of the tiles that order the rows of a cell file, level-0 px."""

CUT = 1
"""Flag: the cell touches the edge of what was photographed or scanned."""

OUTSIDE = 2
"""Flag: the cell was found where nothing is counted, such as the feathered end; it must be seen and is not part of any n."""

SEVERAL = 4
"""Flag: the cell may be of several classes of one family; it must be seen."""

UNANSWERED = 8
"""Flag: a net that was asked about the cell gave no finite answer; it has no probabilities, is unidentified and must be seen."""

EMBEDDED = 48
"""So many numbers tell how a cell looks to the net that named it. Of 32 to 96 tried on validation sides, fewer lose neighbours
and more are hardly worth their room (docs/studies.md, `likeness`)."""
NOBODY, BY_RED, BY_NUCLEATED, BY_WITHOUT_NUCLEUS = range(4)
"""Which net a cell's numbers are of (`embedded_by`): none; that of red-cell shapes; that of nucleated cells; that which parts
platelets from dirt. Numbers of two nets are not to be compared."""

MEASURES = ("area_um2", "circularity", "pallor", "nc_ratio")


@dataclass(frozen=True)
class CellTable:
    """Cells as columns of equal length n."""

    x: NDArray[np.float32]
    """Of the centre, level-0 px."""
    y: NDArray[np.float32]
    """Of the centre, level-0 px."""
    w: NDArray[np.uint16]
    """Of the box, level-0 px."""
    h: NDArray[np.uint16]
    """Of the box, level-0 px."""
    cls: NDArray[np.uint8]
    """Index in the schema."""
    p: NDArray[np.float16]
    """Calibrated probabilities (n, classes)."""
    field: NDArray[np.uint32]
    """Index of the field in the plan."""
    flags: NDArray[np.uint8]
    """Bits: CUT, OUTSIDE, SEVERAL, UNANSWERED."""
    area_um2: NDArray[np.float16]
    """NaN where there is no mask."""
    circularity: NDArray[np.float16]
    """1 of a disc; NaN where there is no mask."""
    pallor: NDArray[np.float16]
    """How much less dense the middle is than the rim; NaN where that is not known."""
    nc_ratio: NDArray[np.float16]
    """Share of the cell that is nucleus; NaN where that is not known."""
    contour: tuple[NDArray[np.int16], ...]
    """(points, 2) of x, y from the centre, quarter px; empty where there is no mask."""
    embedded_by: NDArray[np.uint8] = column(default_factory=lambda: np.zeros(0, np.uint8))
    """Of which net `embedding` is: NOBODY, BY_RED, BY_NUCLEATED, BY_WITHOUT_NUCLEUS; left out: NOBODY."""
    embedding: NDArray[np.int8] = column(default_factory=lambda: np.zeros((0, EMBEDDED), np.int8))
    """How the cells look to that net (n, EMBEDDED): cells that look alike are near; zeros where it is nobody's."""

    def __post_init__(self) -> None:
        n = len(self.x)
        if n and not len(self.embedded_by):
            object.__setattr__(self, "embedded_by", np.broadcast_to(np.uint8(NOBODY), n))
            object.__setattr__(self, "embedding", np.broadcast_to(np.int8(0), (n, EMBEDDED)))

    def __len__(self) -> int:
        return len(self.x)

    @staticmethod
    def empty(classes: int) -> CellTable:
        f16 = np.zeros(0, np.float16)
        return CellTable(
            x=np.zeros(0, np.float32),
            y=np.zeros(0, np.float32),
            w=np.zeros(0, np.uint16),
            h=np.zeros(0, np.uint16),
            cls=np.zeros(0, np.uint8),
            p=np.zeros((0, classes), np.float16),
            field=np.zeros(0, np.uint32),
            flags=np.zeros(0, np.uint8),
            area_um2=f16,
            circularity=f16,
            pallor=f16,
            nc_ratio=f16,
            contour=(),
        )

    def take(self, rows: NDArray[np.integer]) -> CellTable:
        """The given rows, in the given order."""
        columns: dict[str, Any] = {
            f.name: tuple(self.contour[int(i)] for i in rows) if f.name == "contour" else getattr(self, f.name)[rows]
            for f in fields(self)
        }
        return CellTable(**columns)

    @staticmethod
    def concatenate(tables: Sequence[CellTable], classes: int) -> CellTable:
        if not tables:
            return CellTable.empty(classes)
        columns: dict[str, Any] = {
            f.name: tuple(c for t in tables for c in t.contour)
            if f.name == "contour"
            else np.concatenate([getattr(t, f.name) for t in tables])
            for f in fields(CellTable)
        }
        return CellTable(**columns)

    def with_classes(self, classes: int) -> CellTable:
        """The same cells with probabilities of so many classes: those that the file does not know have none."""
        missing = classes - self.p.shape[1]
        if missing <= 0:
            return self
        return replace(self, p=np.pad(self.p, ((0, 0), (0, missing))))

    def in_file_order(self) -> CellTable:
        """Rows sorted by (Morton code of the centre's 1,024-px tile, y, x): the order of a cell file."""
        code = morton(tile_of(self.x), tile_of(self.y))
        return self.take(np.lexsort((self.x, self.y, code)))


def tile_of(centre_px: NDArray[np.float32], tile_px: int = TILE_PX) -> NDArray[np.uint32]:
    """The tile column or row of each centre (clamped at 0)."""
    return np.floor_divide(np.maximum(centre_px, 0), tile_px).astype(np.uint32)


def morton(tx: NDArray[np.uint32], ty: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Interleave the bits of tx (even) and ty (odd): neighbours on the slide are near in the file."""
    return _spread(tx) | (_spread(ty) << np.uint64(1))


def _spread(values: NDArray[np.uint32]) -> NDArray[np.uint64]:
    v = values.astype(np.uint64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        v = (v | (v << np.uint64(shift))) & np.uint64(mask)
    return v
