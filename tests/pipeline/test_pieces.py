"""Pieces of one cell are one again, and cells that touch stay two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.measures import measure
from hemaview.pipeline.pieces import join_lobes, join_pieces

MPP = 0.2


def discs(*places: tuple[float, float, float]) -> NDArray[np.int32]:
    """Numbered discs (x, y, radius in µm) on 300 × 300 px."""
    y, x = np.mgrid[:300, :300]
    labels = np.zeros((300, 300), np.int32)
    for number, (cx, cy, radius) in enumerate(places, 1):
        labels[(x * MPP - cx) ** 2 + (y * MPP - cy) ** 2 < radius**2] = number
    return labels


def joined(labels: NDArray[np.int32], kind: str = "nucleated") -> list[int]:
    cells = measure(labels, np.full((*labels.shape, 3), 120, np.uint8))
    kinds = np.zeros((len(cells), len(KINDS)), np.float32)
    kinds[:, KINDS.index(kind)] = 1
    join_pieces(labels, cells, kinds, MPP)
    return sorted(set(np.unique(labels).tolist()) - {0})


def test_lobes_a_little_apart_are_one_cell_and_lobes_far_apart_are_not() -> None:
    assert len(joined(discs((20, 20, 3), (26.8, 20, 3), (23.4, 25.8, 2.5)))) == 1
    assert len(joined(discs((20, 20, 3), (30, 20, 3)))) == 2


def test_two_white_cells_that_touch_stay_two_and_red_cells_are_never_joined() -> None:
    assert len(joined(discs((20, 20, 5), (29.8, 20, 5)))) == 2
    assert len(joined(discs((20, 20, 3), (25.9, 20, 3)), "red_cell")) == 2


def test_a_splinter_beside_a_large_cell_is_part_of_it() -> None:
    assert len(joined(discs((25, 25, 8), (34.2, 25, 1.3)))) == 1


def granulocytes_joined(labels: NDArray[np.int32], are_granulocytes: bool = True) -> int:
    cells = measure(labels, np.full((*labels.shape, 3), 120, np.uint8))
    joined_any = join_lobes(labels, cells, np.full(len(cells), are_granulocytes), MPP)
    n = len(np.unique(labels)) - 1
    assert joined_any == (n < len(cells))
    return n


def test_lobes_of_a_granulocyte_whose_cytoplasm_is_too_pale_are_one_cell() -> None:
    bent = ((20, 20, 3.6), (27.4, 22, 3.6), (24, 29, 3.0))
    assert len(joined(discs(*bent))) > 1  # too large for lobes, too bent for one cell, by their masks alone
    assert granulocytes_joined(discs(*bent)) == 1


def test_what_was_not_named_a_granulocyte_and_nuclei_of_two_granulocytes_stay_apart() -> None:
    assert granulocytes_joined(discs((20, 20, 3.6), (27.4, 22, 3.6)), are_granulocytes=False) == 2
    assert granulocytes_joined(discs((20, 20, 4.5), (33, 20, 4.5))) == 2  # 4 µm between them
    assert granulocytes_joined(discs((20, 20, 4.6), (29.4, 26, 4.6), (38, 20, 4.6))) >= 2  # together too large for one
    assert granulocytes_joined(discs((20, 20, 5), (30.2, 20, 5))) == 2  # whole granulocytes
