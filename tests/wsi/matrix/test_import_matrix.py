"""Pictures and slides of every kind come in as they look, at their true scale, or are refused for the true reason.

`make prove` takes the whole matrix; `make test` one file in `EVERY_NTH` of each kind.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.wsi.matrix.cases import DRAWN, EVERY, Case, draw_cases
from tests.wsi.matrix.check import faults

EVERY_NTH = 12
SOME = [case for kind, n in DRAWN.items() for case in draw_cases(kind, n)[::EVERY_NTH]]


def check(case: Case, folder: Path) -> None:
    if case.container.startswith("zarr") and find_spec("zarr") is None:
        pytest.skip("zarr is not installed")
    assert not faults(case, folder)


@pytest.mark.parametrize("case", SOME, ids=str)
def test_some_files_of_each_kind_come_in_as_they_look(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("case", EVERY, ids=str)
def test_every_file_of_the_matrix_comes_in_as_it_looks(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
