"""Which cells count towards a run's targets, and how far a run says it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.pipeline.targets import Ahead, towards_targets
from tests.factories import cells as table_of
from tests.pipeline.test_run import request
from tests.schemas import BLOOD_FILM

SIDE_PX = 1024


def field(index: int, used: bool, monolayer: bool = True) -> PlannedField:
    return PlannedField(
        index, index * SIDE_PX, 0, SIDE_PX, SIDE_PX, 0.5, 1.0, 0.8, 1.0, used, monolayer=monolayer, area_mm2=0.0655
    )


def counted(red: int, white: int) -> Any:
    by_class = np.zeros(len(BLOOD_FILM), np.int64)
    by_class[BLOOD_FILM.index("normal")], by_class[BLOOD_FILM.index("lymphocyte")] = red, white
    return by_class


def test_a_cell_that_two_fields_find_on_their_border_counts_once() -> None:
    cells = table_of({"lymphocyte": 3})
    cells = replace(cells, x=np.array([1020, 1023.9, 1025], np.float32), y=np.full(3, 50, np.float32))
    left, right = (towards_targets(cells, field(i, True), len(BLOOD_FILM)) for i in (0, 1))
    assert (left.sum(), right.sum()) == (2, 1)


def test_what_a_run_says_of_its_progress_goes_on_where_counting_ends_and_the_search_begins(tmp_path: Path) -> None:
    """48 fields hold the red cells and a tenth of the white cells that are wanted."""
    fields = [field(i, i < 48) for i in range(900)] + [field(900 + i, False, monolayer=False) for i in range(100)]
    plan = Plan(0.25, "file", None, fields, search=list(range(900)), edges=list(range(900, 1000)))
    order = request(tmp_path / "film.tif", tmp_path, settings={"rbc": 3000, "wbc": 200, "max_fields": 48})
    ahead = Ahead.of(plan, order, BLOOD_FILM, searching=True)
    shares = [n / ahead.counting(n, counted(62 * n, round(20 * n / 48))) for n in range(1, 49)]
    shares += [n / ahead.searching(n, counted(62 * 48, round(20 * n / 48))) for n in range(56, 481, 8)]
    film = 480
    shares += [(film + n) / ahead.at_edges(film, film + n) for n in range(54)]
    assert shares[47] < 0.12 and shares[-1] == 1
    assert min(np.diff(shares)) > -0.02


def test_a_run_that_searches_nothing_is_as_far_as_its_fields(tmp_path: Path) -> None:
    plan = Plan(0.25, "file", None, [field(i, i < 10) for i in range(40)], search=list(range(40)))
    order = request(tmp_path / "film.tif", tmp_path, settings={"rbc": 100_000, "wbc": 0})
    assert Ahead.of(plan, order, BLOOD_FILM, searching=True).counting(5, counted(300, 0)) == 10
    enough = request(tmp_path / "film.tif", tmp_path, settings={"rbc": 480, "wbc": 0})
    assert Ahead.of(plan, enough, BLOOD_FILM, searching=True).counting(5, counted(300, 0)) == 8
    region = request(tmp_path / "film.tif", tmp_path, settings={"rbc": 480, "wbc": 0}, region=(0, 0, 10, 10))
    assert Ahead.of(plan, region, BLOOD_FILM, searching=True).counting(5, counted(300, 0)) == 10
