"""Every pair of writes about the same things, fired at once, on SQLite as the demonstration runs it and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs
from tests.integration.stack import PASSED_ON, ROOT, postgres, postgres_tools

TRIES, SECONDS = 200, 1800
"""Of each pair, in `make prove`, where they are done within so many seconds; round by round, each pair as often."""
EVERY = 12
"""In `make test` each so many-th pair is fired once, and each write with itself."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with ExitStack() as keep:
        url = ""
        if request.param == "postgresql":
            needs(postgres_tools() is not None, "PostgreSQL is missing: apt-get install postgresql")
            url = keep.enter_context(postgres(tmp_path_factory.mktemp("database")))
        yield {"DATABASE_URL": url, "vendor": request.param}


def fire(database: dict[str, str], folder: Path, *arguments: str) -> Any:
    environment = {
        **{k: v for k, v in os.environ.items() if k in PASSED_ON},
        "DJANGO_SETTINGS_MODULE": "tests.races.settings",
        "HEMAVIEW_VAR": str(folder),
        "DATABASE_URL": database["DATABASE_URL"],
    }
    command = [sys.executable, "-m", "tests.races.fire", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True)
    assert run.stdout, run.stderr[-3000:]
    said = json.loads(run.stdout)
    assert said["database"] == database["vendor"]
    return said


def test_two_writes_at_once_break_nothing(database: dict[str, str], tmp_path: Path) -> None:
    said = fire(database, tmp_path, "--tries", "1", "--slow-tries", "0", "--every", str(EVERY))
    assert said["broken"] == [] and said["pairs"] > 100


def test_a_write_that_meets_a_signature_breaks_nothing(database: dict[str, str], tmp_path: Path) -> None:
    said = fire(database, tmp_path, "--tries", "1", "--only", "signature", "--every", "2")
    assert said["broken"] == []
    assert any("being-signed" in words for outcomes in said["outcomes"].values() for words in outcomes)


@pytest.mark.prove
def test_up_to_two_hundred_tries_of_each_pair_break_nothing(database: dict[str, str], tmp_path: Path) -> None:
    said = fire(database, tmp_path, "--tries", str(TRIES), "--seconds", str(SECONDS))
    assert said["broken"] == []
    assert said["left_out"] == 0 and said["fewest_tries"] >= 5, said["tries"]
