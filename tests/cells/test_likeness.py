"""Cells that look alike stand near one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hemaview.cells.likeness import BY_ANSWERS, BY_LOOKS, compared_by, unlikeness
from hemaview.cells.table import BY_NUCLEATED, BY_RED, EMBEDDED, NOBODY, CellTable


def table(p: list[list[float]], area_um2: list[float], pallor: list[float]) -> CellTable:
    n = len(p)
    nothing = np.full(n, np.nan, np.float16)
    empty = CellTable.empty(len(p[0]))
    return replace(
        empty,
        x=np.zeros(n, np.float32), y=np.zeros(n, np.float32), w=np.ones(n, np.uint16), h=np.ones(n, np.uint16),
        cls=np.argmax(p, axis=1).astype(np.uint8), p=np.array(p, np.float16), field=np.zeros(n, np.uint32),
        flags=np.zeros(n, np.uint8), area_um2=np.array(area_um2, np.float16), circularity=nothing,
        pallor=np.array(pallor, np.float16), nc_ratio=nothing, contour=tuple(np.zeros((0, 2), np.int16) for _ in p),
    )  # fmt: skip


def test_what_the_nets_answer_comes_first_and_measures_part_cells_of_one_class() -> None:
    sure, other = [0.98, 0.01, 0.01], [0.02, 0.97, 0.01]
    cells = table([sure, sure, sure, other, [0.5, 0.49, 0.01]], [40, 41, 80, 40, 40], [0.2, 0.2, 0.2, 0.2, 0.2])
    away = unlikeness(cells, 0)
    assert away[0] == 0 and (away[1:] > 0).all()
    assert np.argsort(away).tolist() == [0, 1, 4, 2, 3] or np.argsort(away).tolist() == [0, 1, 2, 4, 3]
    assert away[3] == away.max()


def test_a_measure_that_is_missing_is_neither_near_nor_infinitely_far() -> None:
    cells = table([[1.0, 0.0]] * 3, [40, float("nan"), 42], [0.1, 0.1, 0.1])
    assert np.isfinite(unlikeness(cells, 0)).all()
    assert 0 < unlikeness(cells, 0)[1] == unlikeness(cells, 1)[0]


def with_looks(cells: CellTable, by: list[int], places: list[int]) -> CellTable:
    numbers = np.zeros((len(cells), EMBEDDED), np.int8)
    numbers[:, 0], numbers[:, 1] = 100, places
    return replace(cells, embedded_by=np.array(by, np.uint8), embedding=numbers)


def test_cells_that_one_net_saw_are_near_by_their_looks_and_what_another_saw_comes_after_them() -> None:
    sure, other = [0.98, 0.01, 0.01], [0.02, 0.97, 0.01]
    cells = table([sure, other, sure, sure, other], [40, 40, 40, 40, 80], [0.2] * 5)
    red = with_looks(cells, [BY_RED] * 3 + [BY_NUCLEATED] * 2, [0, 10, 100, 0, 0])
    assert compared_by(red, 0) == BY_LOOKS
    assert np.argsort(unlikeness(red, 0)).tolist() == [0, 1, 2, 3, 4], "another class that looks alike is nearer"
    assert np.argsort(unlikeness(red, 3)).tolist()[:2] == [3, 4]


def test_where_no_net_told_how_a_cell_looks_it_is_compared_by_answers_and_measures() -> None:
    cells = table([[0.98, 0.02], [0.9, 0.1], [0.1, 0.9]], [40, 40, 40], [0.2] * 3)
    some = with_looks(cells, [NOBODY, BY_RED, BY_RED], [0, 120, 0])
    assert compared_by(some, 0) == compared_by(cells, 1) == BY_ANSWERS
    assert np.array_equal(unlikeness(some, 0), unlikeness(cells, 0))


def test_a_row_that_is_not_there_is_no_cell() -> None:
    with pytest.raises(IndexError):
        unlikeness(table([[1.0, 0.0]], [40], [0.1]), 1)
