"""Which cells count towards a run's targets, and how far a run says it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hemaview.assays import assay
from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.pipeline.search import Searched, search_notes
from hemaview.pipeline.targets import Ahead, Tally, ended_short, field_notes, reached, targets_of, towards_targets
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


def test_a_cell_that_will_have_no_name_does_not_count_towards_a_target() -> None:
    cells = replace(table_of({"lymphocyte": 3, "normal": 2}), x=np.full(5, 9, np.float32), y=np.full(5, 9, np.float32))
    cells.p[1] = 0
    cells.p[1, [BLOOD_FILM.index("lymphocyte"), BLOOD_FILM.index("monocyte")]] = 0.5
    least = {stain: dict.fromkeys(("lymphocyte", "monocyte"), 0.4) for stain in ("known", "strange")}
    by_class = Tally.first(BLOOD_FILM, least, False).of(cells, field(0, True))
    assert by_class.sum() == 5 and by_class[BLOOD_FILM.index("lymphocyte")] == 2
    assert by_class[BLOOD_FILM.index("unidentified")] == 1


def test_a_film_whose_cells_have_no_names_ends_a_run_at_three_times_the_cells_wanted(tmp_path: Path) -> None:
    order = request(tmp_path / "film.tif", tmp_path, settings={"wbc": 100})
    targets = targets_of(order, BLOOD_FILM, "film")

    def with_nameless(white: int, nameless: int) -> Any:
        by_class = counted(0, white)
        by_class[BLOOD_FILM.index("unidentified")] = nameless
        return by_class

    assert not reached(targets, with_nameless(20, 279)) and reached(targets, with_nameless(20, 280))
    assert reached(targets, with_nameless(100, 0)) and not reached(targets, with_nameless(99, 100))
    (red,) = targets_of(replace(order, settings={"rbc": 100}), BLOOD_FILM, "fields")
    assert red.share(with_nameless(0, 1000)) == 0, "they are no red cells"
    plan = Plan(0.25, "file", None, [field(i, i < 2) for i in range(40)], search=list(range(40)))
    searched = Searched({"fields": 0.1, "film": 0.5, "edges": 0.0})
    cells = table_of({"lymphocyte": 20, "unidentified": 280})
    (note,) = search_notes(order, BLOOD_FILM, plan, searched, cells)
    assert note.startswith("20 of the 100 nucleated cells") and "280 more are unidentified" in note


def test_a_round_that_goes_on_begins_below_nothing_by_the_cells_that_were_others_and_leaves_red_cells_alone(
    tmp_path: Path,
) -> None:
    order = request(tmp_path / "film.tif", tmp_path, settings={"rbc": 300, "wbc": 200})
    assert ended_short(order, BLOOD_FILM, counted(310, 205), counted(310, 190))
    assert not ended_short(order, BLOOD_FILM, counted(310, 205), counted(290, 201)), "red cells end no search"
    assert not ended_short(order, BLOOD_FILM, counted(310, 190), counted(310, 180)), "there was no more to search"
    tally = Tally.first(BLOOD_FILM, {}, False).again(counted(310, 205), counted(290, 190), False)
    assert tally.begun[BLOOD_FILM.index("lymphocyte")] == -15 and tally.begun.sum() == -15
    strange = tally.again(counted(310, 205), counted(290, 190), True)
    assert strange.strange and not strange.begun.any()


def test_nucleated_cells_without_a_name_are_told_where_the_fields_end_before_the_target(tmp_path: Path) -> None:
    marrow = assay("marrow")
    order = request(tmp_path / "m.tif", tmp_path, settings={"nucleated": 500}, assay=marrow, schema=marrow.schema)
    cells = table_of({"myelocyte": 4, "unidentified": 2}, key="marrow")
    (note,) = field_notes(order, marrow.schema, cells)
    assert note.startswith("4 of the 500 nucleated cells") and note.endswith("2 more cells are unidentified.")
    assert field_notes(order, marrow.schema, table_of({"myelocyte": 4}, key="marrow")) == []
    photographs = replace(order, photo_fields=[{"x": 0, "y": 0, "w": 9, "h": 9, "name": "1"}])
    assert field_notes(photographs, marrow.schema, cells) == [], "all of a photograph is counted, whatever the target"
