"""What a machine counted, with its errors in mind."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.counting.machine import MachineErrors, with_machine_errors

CLASSES = ("blast", "lymphocyte", "monocyte")
CALLS = (*CLASSES, "unidentified")
GROUPS = {key: (key,) for key in CLASSES}


def errors(*tables: list[list[int]]) -> MachineErrors:
    """Films of cells (classes, calls)."""
    films = tuple(tuple((i, j, n) for i, row in enumerate(table) for j, n in enumerate(row) if n) for table in tables)
    return MachineErrors(CLASSES, CALLS, films)


SURE = errors(*[[[200, 0, 0, 0], [0, 200, 0, 0], [0, 0, 200, 0]]] * 3)
TEN_IN_100 = errors(*[[[200, 0, 0, 0], [20, 180, 0, 0], [0, 0, 200, 0]]] * 3)
"""Calls one lymphocyte in ten a blast."""


def test_a_machine_that_hardly_errs_is_believed() -> None:
    likely = with_machine_errors(SURE, {"blast": 20, "lymphocyte": 150, "monocyte": 30}, {}, GROUPS)
    assert likely["blast"].value == pytest.approx(10, abs=1.5)
    assert likely["blast"].low <= 10 <= likely["blast"].high < 16
    assert sum(i.value for i in likely.values()) == pytest.approx(100, abs=2)


def test_blasts_that_the_machine_invents_on_every_film_are_taken_off() -> None:
    likely = with_machine_errors(TEN_IN_100, {"blast": 20, "lymphocyte": 180}, {}, GROUPS)
    assert likely["blast"].value < 3 < 10 <= likely["blast"].high + 7
    assert likely["lymphocyte"].high > 97


def test_what_is_unidentified_may_be_any_class_that_hides_so() -> None:
    hidden = errors([[20, 0, 0, 180], [0, 190, 0, 10], [0, 0, 190, 10]])
    likely = with_machine_errors(hidden, {"lymphocyte": 100, "unidentified": 60}, {}, GROUPS)
    assert likely["blast"].low > 10 and likely["blast"].high < 50
    assert likely["monocyte"].high < 15, "monocytes are hardly ever unidentified there"


def test_cells_that_a_person_named_are_certain_and_all_named_leave_nothing_to_say() -> None:
    confirmed = {"blast": 30, "lymphocyte": 70}
    assert with_machine_errors(TEN_IN_100, {"blast": 0}, confirmed, GROUPS) == {}
    few = with_machine_errors(TEN_IN_100, {"lymphocyte": 2}, confirmed, GROUPS)
    assert few["blast"].low > 28 and few["blast"].high < 33


def test_laboratories_that_differ_widen_the_interval() -> None:
    alike = errors(*[[[150, 0, 0, 50], [0, 150, 0, 50], [0, 0, 150, 50]]] * 4)
    unlike = errors(
        [[200, 0, 0, 0], [0, 20, 0, 180], [0, 0, 200, 0]], [[20, 0, 0, 180], [0, 200, 0, 0], [0, 0, 20, 180]]
    )
    calls = {"blast": 20, "lymphocyte": 60, "monocyte": 40, "unidentified": 40}
    narrow, wide = (with_machine_errors(e, calls, {}, GROUPS)["blast"] for e in (alike, unlike))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_the_interval_holds_the_truth_on_films_drawn_with_these_errors() -> None:
    rng = np.random.default_rng(5)
    tables = [rng.multinomial(100, [0.7, 0.1, 0.05, 0.15], 3) for _ in range(6)]
    for i, table in enumerate(tables):
        tables[i] = np.stack([np.roll(row, k) if k else row for k, row in enumerate(table)])
        tables[i][:, 3] = np.maximum(tables[i][:, 3], 5)
    machine_errors = errors(*[t.tolist() for t in tables])
    hits = []
    for _ in range(30):
        truth = rng.dirichlet(np.ones(3))
        table = tables[rng.integers(len(tables))] + 0.5
        calls = truth @ (table / table.sum(axis=1, keepdims=True))
        counts = dict(zip(CALLS, rng.multinomial(150, calls / calls.sum()).tolist(), strict=True))
        likely = with_machine_errors(machine_errors, counts, {}, GROUPS)
        hits += [likely[k].low - 1 <= 100 * t <= likely[k].high + 1 for k, t in zip(CLASSES, truth, strict=True)]
    assert np.mean(hits) >= 0.9


def test_what_was_never_measured_gives_no_interval() -> None:
    assert with_machine_errors(SURE, {"eosinophil": 3}, {}, GROUPS) == {}
    assert with_machine_errors(errors(), {"blast": 3}, {}, GROUPS) == {}


def test_it_is_read_back_as_it_was_written_and_garbage_is_refused() -> None:
    assert MachineErrors.from_json(TEN_IN_100.as_json()) == TEN_IN_100
    with pytest.raises(ValueError, match=r"not enough|too many"):
        MachineErrors.from_json({"classes": ["a"], "calls": ["a"], "films": ["1 2"]})
