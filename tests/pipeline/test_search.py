"""The search for nucleated cells over the whole film: what it finds, in which order, what it says of its area, and that it
goes on where it was cut short."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hemaview.assays import assay
from hemaview.cells.store import read_cells
from hemaview.cells.table import BY_NUCLEATED, CUT, OUTSIDE, CellTable
from hemaview.inference import Classifier, Segmenter, load_as
from hemaview.pipeline.fieldcells import Models, cells_of_field, nucleated_cells_at
from hemaview.pipeline.fieldchoice import NOT_LOOKED_AT, plan_run
from hemaview.pipeline.fieldworth import OVERLAP
from hemaview.pipeline.lowpower import at_low_power
from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.pipeline.run import run
from hemaview.pipeline.search import Searched, SearchTask, _edges_mm2, search_notes
from hemaview.pipeline.targets import Tally
from hemaview.pipeline.unidentified import CLASS
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import MPP, TrueCell, WhiteCells, draw_film, write_film
from tests.factories import cells as table_of
from tests.films import drawn_film
from tests.pipeline.test_run import Sink, request

FILM = assay("blood_film").schema
Drawn = tuple[Path, tuple[TrueCell, ...]]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """A film of eight fields."""
    return drawn_film(tmp_path_factory.mktemp("film"), 4096, 2048)


def searching(film: Drawn, folder: Path, **settings: Any) -> Any:
    """A run that counts one field whole and then searches."""
    return request(film[0], folder, settings={"max_fields": 1, "rbc": 1, "wbc": 10_000, **settings})


@pytest.fixture(scope="module")
def undisturbed(film: Drawn, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("job")
    return folder, run(searching(film, folder), Sink())


@pytest.fixture(scope="module")
def died(film: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the same run leaves on disk that dies after the first part of its search; each test goes on in a copy."""
    folder = tmp_path_factory.mktemp("died")
    with pytest.raises(KeyboardInterrupt):
        run(searching(film, folder), Sink(die_after=2))
    return folder


def test_white_cells_of_the_whole_monolayer_are_found_and_the_area_is_stored(film: Drawn, undisturbed: Any) -> None:
    folder, outcome = undisturbed
    cells, metadata = read_cells(folder / "cells.arrow")
    plan = Plan.load(folder / "plan.json")
    fields = [f for f in plan.fields if f.searched in ("fields", "film")]
    assert outcome.fields_done == 1 and len(fields) >= 3
    assert outcome.searched_mm2["film"] == pytest.approx(sum(f.area_mm2 for f in fields)) == plan.searched_mm2
    assert metadata["searched_mm2"] == dict(outcome.searched_mm2)
    white = cells.take(np.flatnonzero(FILM.rows_of_kind(cells.cls, "nucleated")))
    wanted = [c for c in film[1] if c.radius_um > 4.5 and c.cls not in ("macrocyte", "ovalocyte") and _in(c, fields)]
    wanted = [c for c in wanted if c.cls in FILM.by_key and FILM.by_key[c.cls].group in ("wbc", "nrbc")]
    hit = [bool((np.hypot(white.x - c.x, white.y - c.y) < c.radius_um / MPP).any()) for c in wanted]
    assert len(wanted) >= 10 and np.mean(hit) >= 0.9


def _in(cell: TrueCell, fields: list[PlannedField]) -> bool:
    return any(f.x + 30 < cell.x < f.x + f.w - 30 and f.y + 30 < cell.y < f.y + f.h - 30 for f in fields)


def test_searched_fields_give_nucleated_cells_alone(undisturbed: Any) -> None:
    cells, metadata = read_cells(undisturbed[0] / "cells.arrow")
    searched = ~np.isin(cells.field, metadata["fields"])
    groups = {FILM.classes[i].group for i in cells.cls[searched]}
    assert groups <= {"wbc", "nrbc", "other"} and searched.sum() > 5
    assert (cells.embedded_by[searched & FILM.rows_of_kind(cells.cls, "nucleated")] == BY_NUCLEATED).all()


def test_what_is_found_outside_the_monolayer_is_flagged_and_told_of(undisturbed: Any) -> None:
    folder, outcome = undisturbed
    cells, metadata = read_cells(folder / "cells.arrow")
    outside = (cells.flags & OUTSIDE) != 0
    assert np.array_equal(outside, np.isin(cells.field, metadata["searched_fields"]["edges"]))
    if metadata["searched_fields"]["edges"]:
        assert any(f"the {int(outside.sum())} cells found there must be seen" in note for note in outcome.notes)
    assert any("of the 10000 nucleated cells to be counted were found in" in note for note in outcome.notes)


def test_a_search_that_dies_goes_on_and_ends_in_the_same_bytes(
    film: Drawn, undisturbed: Any, died: Path, tmp_path: Path
) -> None:
    shutil.copytree(died, tmp_path, dirs_exist_ok=True)
    part = tmp_path / "search-0.arrow"
    assert part.exists()
    part.write_bytes(b"torn by a crash")
    assert run(searching(film, tmp_path), Sink()) == undisturbed[1]
    for name in ("cells.arrow", "contours.arrow", "plan.json"):
        assert (tmp_path / name).read_bytes() == (undisturbed[0] / name).read_bytes()


def test_a_search_that_is_to_stop_takes_what_a_worker_that_died_has_left_on_disk(
    film: Drawn, died: Path, tmp_path: Path
) -> None:
    shutil.copytree(died, tmp_path, dirs_exist_ok=True)
    on_disk, _ = read_cells(tmp_path / "search-0.arrow")
    run(searching(film, tmp_path), Sink(stop_after=0))
    cells, metadata = read_cells(tmp_path / "cells.arrow")
    assert metadata["searched_fields"]["film"] and len(on_disk)
    assert np.isin(cells.field, metadata["searched_fields"]["film"]).sum() > 0


def test_the_protocols_area_ends_a_search(film: Drawn, undisturbed: Any, died: Path, tmp_path: Path) -> None:
    for name in ("plan.json", "part-0.arrow"):  # it goes on where the search begins
        shutil.copy(died / name, tmp_path)
    outcome = run(searching(film, tmp_path, search_mm2=0.01), Sink())
    assert outcome.searched_mm2["film"] == outcome.searched_mm2["fields"] < undisturbed[1].searched_mm2["film"]


def test_the_edges_of_a_large_slide_are_searched_in_proportion_though_most_of_its_fields_were_not_looked_at(
    tmp_path: Path,
) -> None:
    """2,000 fields, every fifth looked at: 300 of one layer, 100 of the edges. A tenth of the film was searched."""

    def field(index: int, **facts: Any) -> PlannedField:
        return PlannedField(index, 1024 * index, 0, 1024, 1024, 0.5, 1.0, 0.8, 1.0, False, area_mm2=0.05, **facts)

    fields = [field(i) for i in range(300)]
    fields += [field(300 + i, monolayer=False, reason=OVERLAP) for i in range(100)]
    fields += [field(400 + i, monolayer=False, reason=NOT_LOOKED_AT) for i in range(1600)]
    plan = Plan(0.25, "file", None, fields, search=[*range(300), *range(400, 2000)], edges=[*range(300, 400)])
    order = request(tmp_path / "film.tif", tmp_path, settings={"wbc": 200})
    with open_slide(drawn_film(tmp_path, 4096, 2048)[0]) as slide:
        task = SearchTask(slide, plan, order, FILM, [], np.zeros(len(FILM), np.int64), Tally.first(FILM, {}, False))
    tenth = Searched({"fields": 0.0, "film": 0.1 * 1900 * 0.05, "edges": 0.0})
    assert _edges_mm2(task, tenth, 60.0) == pytest.approx(1.0)
    half = Searched({"fields": 0.0, "film": 0.5 * 1900 * 0.05, "edges": 0.0})
    assert _edges_mm2(task, half, 60.0) == pytest.approx(0.5 * 100 * 0.05)


def test_a_cell_found_both_ways_is_one_cell(film: Drawn) -> None:
    nucleated = load_as(Classifier, "nucleated-cell-net")
    models = Models(
        load_as(Segmenter, "red-cell-unet"),
        load_as(Classifier, "cell-kind-net"),
        load_as(Classifier, "red-cell-shape-net"),
        nucleated,
        nucleated.thresholds,
    )
    place = PlannedField(0, 1024, 0, 1024, 1024, 1.0, 1.0, 1.0, 1.0, True)
    with open_slide(film[0]) as slide:
        whole = cells_of_field(slide, place, MPP, models, FILM)
        white = whole.take(np.flatnonzero(FILM.rows_of_kind(whole.cls, "nucleated")))
        points = np.stack([white.x, white.y], axis=1).astype(np.float64) + 4
        alone = nucleated_cells_at(slide, place, points, MPP, models, FILM, at_low_power(slide, place, MPP).grounds())
    assert len(white) == len(alone) >= 3
    for i in range(len(white)):
        near = int(np.hypot(alone.x - white.x[i], alone.y - white.y[i]).argmin())
        assert np.hypot(alone.x[near] - white.x[i], alone.y[near] - white.y[i]) < 1
        assert alone.cls[near] == white.cls[i]


def test_the_order_of_the_search_favours_no_class(tmp_path: Path) -> None:
    """On a film whose blasts lie at its side edges the first cells have as many as any: within the exact interval of a draw."""
    scene = draw_film(6144, 3072, seed=5, white=WhiteCells(900, edge_blasts=0.5))
    path = tmp_path / "film.tif"
    write_film(path, path.with_suffix(".csv"), scene)
    order = request(path, tmp_path, settings={"max_fields": 2, "rbc": 100, "wbc": 200})
    with open_slide(path) as slide:
        plan = plan_run(slide, order, lambda _text, _share: None)
    fields = {f.index: f for f in plan.fields}
    white = [c for c in scene.cells if c.cls == "blast" or (c.cls in FILM.by_key and FILM.by_key[c.cls].group == "wbc")]
    met: list[bool] = []
    for index in plan.search:
        f = fields[index]
        met += [c.cls == "blast" for c in white if f.x <= c.x < f.x + f.w and f.y <= c.y < f.y + f.h]
    assert len(met) > 400
    share, first = np.mean(met), np.mean(met[:200])
    assert 0.1 < share < 0.4
    # A field brings its neighbours along: the draw is of fields, a few of which hold the first two hundred.
    assert abs(first - share) < 3.3 * np.sqrt(share * (1 - share) / 200)


def test_the_note_of_a_search_counts_its_cells_once_each_is_known_for_what_it_is(tmp_path: Path) -> None:
    order = request(tmp_path / "film.tif", tmp_path, settings={"wbc": 200})
    searched = Searched({"fields": 0.1, "film": 0.5, "edges": 0.0}, film=[0])
    plan = Plan(0.25, "file", None, search=[0])
    as_found, as_known = table_of({"lymphocyte": 10}), table_of({"lymphocyte": 1, "uncategorised": 9})
    (before,), (after,) = (search_notes(order, FILM, plan, searched, cells) for cells in (as_found, as_known))
    assert before.startswith("10 of the 200 nucleated cells to be counted were found in 0.50 mm²")
    assert after.startswith("1 of the 200 nucleated cells to be counted was found")


def _named(folder: Path, fields: list[int] | None = None) -> tuple[int, int]:
    """(white cells with a name, unidentified ones) that count towards the target, in the final file, of some fields alone."""
    cells, _ = read_cells(folder / "cells.arrow")
    cells = cells.take(np.flatnonzero(np.isin(cells.field, fields or cells.field)))
    keys = [FILM.classes[i] for i in cells.cls[(cells.flags & (CUT | OUTSIDE)) == 0]]
    return sum(c.group == "wbc" and c.counted for c in keys), sum(c.key == CLASS for c in keys)


@pytest.mark.parametrize("known", ["as each field is done", "in the end alone"])
def test_a_search_goes_on_until_cells_with_a_name_meet_the_target(
    known: str, film: Drawn, undisturbed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other white cell is left unidentified. In the end alone: as where the stain of the cells that were found is strange,
    or a cell turns out to be a red one."""

    def every_other(cells: CellTable, schema: Any, *_: Any) -> CellTable:
        nameless = schema.rows_of_kind(cells.cls, "nucleated") & (cells.x.astype(int) % 2 == 0)
        return replace(cells, cls=np.where(nameless, schema.index(CLASS), cells.cls).astype(np.uint8))

    monkeypatch.setattr("hemaview.pipeline.rounds.with_unidentified", every_other)
    monkeypatch.setattr(
        "hemaview.pipeline.targets.with_unidentified",
        every_other if known == "as each field is done" else lambda cells, *_: cells,
    )
    for name in ("all", "some", "more"):  # what is on disk is read back: no net is asked
        shutil.copytree(undisturbed[0], tmp_path / name)
    run(searching(film, tmp_path / "all"), Sink())
    every, nameless = _named(tmp_path / "all")
    _, metadata = read_cells(tmp_path / "all" / "cells.arrow")
    in_first, nameless_in_first = _named(tmp_path / "all", metadata["fields"])
    wanted = in_first + 1  # met by the field that is counted whole, if nameless cells counted
    assert nameless_in_first and every >= wanted
    outcome = run(searching(film, tmp_path / "some", wbc=wanted), Sink())
    assert _named(tmp_path / "some")[0] >= wanted
    assert not any("to be counted" in note for note in outcome.notes)
    more = run(searching(film, tmp_path / "more", wbc=every + 1), Sink())
    assert any(note.startswith(f"{every} of the {every + 1} nucleated cells to be counted") for note in more.notes)
    assert f"{nameless} nucleated cells are unidentified and are not among them." in more.notes
