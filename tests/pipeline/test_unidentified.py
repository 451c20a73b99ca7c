from __future__ import annotations

import numpy as np

from hemaview.assays import assay
from hemaview.cells.table import SEVERAL, CellTable
from hemaview.pipeline.unidentified import CLASS, calls_of, families_in, likeliest_names, sets_of, with_unidentified

FILM = assay("blood_film").schema
NAMES = ("segmented_neutrophil", "band_neutrophil", "lymphocyte", "blast")
LEAST = {"strange": dict.fromkeys(NAMES, 0.2), "known": dict.fromkeys(NAMES, 0.45)}


def table(rows: list[tuple[float, ...]]) -> CellTable:
    p = np.zeros((len(rows), len(FILM)), np.float16)
    p[:, [FILM.index(name) for name in NAMES]] = rows
    n = len(rows)
    nothing = np.full(n, np.nan, np.float16)
    return CellTable(
        np.arange(n, dtype=np.float32), np.zeros(n, np.float32), np.full(n, 9, np.uint16), np.full(n, 9, np.uint16),
        p.argmax(axis=1).astype(np.uint8), p, np.zeros(n, np.uint32), np.zeros(n, np.uint8), nothing, nothing, nothing,
        nothing, tuple(np.zeros((0, 2), np.int16) for _ in range(n)),
    )  # fmt: skip


def test_a_cell_that_may_be_of_two_families_is_unidentified_and_one_of_two_stages_is_named_and_seen() -> None:
    cells = table([(0.9, 0.05, 0.03, 0.02), (0.5, 0.4, 0.05, 0.05), (0.05, 0.05, 0.5, 0.4)])
    after = with_unidentified(cells, FILM, LEAST, strange=True)
    keys = [FILM.classes[int(c)].key for c in after.cls]
    assert keys == ["segmented_neutrophil", "segmented_neutrophil", CLASS]
    assert [bool(f & SEVERAL) for f in after.flags] == [False, True, False]
    assert np.array_equal(after.p, cells.p), "what the net said stays in the file"


def test_a_cell_that_is_like_nothing_learned_is_unidentified_too() -> None:
    after = with_unidentified(table([(0.3, 0.3, 0.2, 0.2)]), FILM, LEAST, strange=False)
    assert FILM.classes[int(after.cls[0])].key == CLASS


def test_without_a_calibration_or_a_class_for_it_cells_stay_as_they_are() -> None:
    cells = table([(0.3, 0.3, 0.2, 0.2)])
    assert with_unidentified(cells, FILM, {}, strange=True) is cells
    assert with_unidentified(cells, assay("sickle").schema, LEAST, strange=True) is cells


def test_sets_are_of_shares_among_the_nets_own_classes() -> None:
    sets = sets_of(np.array([[0.1, 0.0, 0.1, 0.0]], np.float32), NAMES, LEAST["known"])
    assert sets.tolist() == [[True, False, True, False]] and families_in(sets, NAMES).tolist() == [2]


def test_a_cell_is_called_as_a_job_calls_it() -> None:
    p = np.array([(0.9, 0.05, 0.03, 0.02), (0.05, 0.05, 0.5, 0.4), (0.6, 0.0, 0.09, 0.31)], np.float32)
    assert calls_of(p, NAMES, {}, {}).tolist() == [0, 2, 0]
    assert calls_of(p, NAMES, {"blast": 0.3}, {}).tolist() == [0, 3, 3], "a class with a threshold comes first"
    assert calls_of(p, NAMES, {}, LEAST["strange"]).tolist() == [0, len(NAMES), len(NAMES)]


def test_a_cell_without_a_name_has_a_likeliest_one_for_a_person_to_judge() -> None:
    cells = table([(0.9, 0.05, 0.03, 0.02), (0.05, 0.05, 0.5, 0.4), (0.0, 0.0, 0.0, 0.0)])
    after = with_unidentified(cells, FILM, LEAST, strange=True)
    assert likeliest_names(after, FILM).tolist() == [-1, FILM.index("lymphocyte"), -1]
    assert likeliest_names(cells, assay("sickle").schema).tolist() == [-1, -1, -1]
