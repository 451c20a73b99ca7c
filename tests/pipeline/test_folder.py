"""A run's folder belongs to one attempt at a time: a worker whose lease went to another writes nothing more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hemaview.pipeline import Superseded
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan
from tests.factories import cells as table_of

CELLS = table_of({"normal": 3})


def test_once_a_later_attempt_has_begun_an_earlier_one_writes_nothing_more(tmp_path: Path) -> None:
    first, second = RunFolder(tmp_path, 1), RunFolder(tmp_path, 2)
    first.begin()
    first.keep_plan(Plan(0.25, "file", None))
    first.keep_field(0, CELLS)
    second.begin()
    for write in (
        lambda: first.keep_field(1, CELLS),
        lambda: first.keep_field(0, table_of({"normal": 9})),
        lambda: first.keep_plan(Plan(0.5, "slide", None)),
        first.begin_anew,
        first.begin,
    ):
        with pytest.raises(Superseded):
            write()
    kept, plan = second.field_cells(0), second.plan()
    assert kept is not None and len(kept) == 3 and not second.has_field(1) and plan is not None and plan.mpp == 0.25
    second.keep_field(1, CELLS)
    RunFolder(tmp_path, 2).begin()
    assert second.has_field(1), "the same attempt goes on"


def test_who_finds_the_folder_removed_does_not_make_it_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "job", 1)
    folder.begin()
    shutil.rmtree(folder.path)
    with pytest.raises(Superseded):
        folder.keep_field(0, CELLS)
    assert not folder.path.exists()
