"""How cells look on their way into the table: each cell's numbers are of the net that named its kind."""

from __future__ import annotations

import numpy as np

from hemaview.cells.table import BY_NUCLEATED, BY_RED, EMBEDDED, NOBODY
from hemaview.pipeline.looks import Looks


def test_a_cell_that_both_nets_saw_is_told_by_the_one_of_its_kind_and_what_none_saw_by_nobody() -> None:
    as_red, as_other = Looks.unknown(4), Looks.unknown(4)
    as_red.note(np.array([0, 1]), np.full((2, EMBEDDED), 5, np.int8), BY_RED)
    as_other.note(np.array([1, 2]), np.full((2, EMBEDDED), 9, np.int8), BY_NUCLEATED)
    looks = as_red.where(np.array([True, True, False, False]), as_other)
    assert looks.by.tolist() == [BY_RED, BY_RED, BY_NUCLEATED, NOBODY]
    assert looks.numbers[:, 0].tolist() == [5, 5, 9, 0]
    assert looks.take(np.array([2, 0])).by.tolist() == [BY_NUCLEATED, BY_RED]


def test_numbers_that_are_all_zero_are_of_no_net() -> None:
    looks = Looks.unknown(2)
    looks.note(np.array([1]), np.zeros((1, EMBEDDED), np.int8), BY_RED)
    assert looks.by.tolist() == [NOBODY, NOBODY]
