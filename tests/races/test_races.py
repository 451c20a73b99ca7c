"""Every pair of writes about the same things, fired at once, on SQLite as the demonstration runs it and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs
from tests.integration.stack import PASSED_ON, ROOT, postgres, postgres_tools

TRIES, SECONDS = 200, 1800
"""Of each pair, in `make prove`, where they are done within so many seconds; round by round, each pair as often."""
EVERY = 12
"""In `make test` each so many-th pair is fired once, and each write with itself."""

VENDORS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.services)]


@contextmanager
def database_of(vendor: str, folder: Path) -> Iterator[dict[str, str]]:
    with ExitStack() as keep:
        url = ""
        if vendor == "postgresql":
            needs(postgres_tools() is not None, "PostgreSQL is missing: apt-get install postgresql")
            url = keep.enter_context(postgres(folder))
        yield {"DATABASE_URL": url, "vendor": vendor}


def fire(database: dict[str, str], folder: Path, *arguments: str) -> list[Any]:
    """What each round said; rounds are set off by `then`."""
    environment = {
        **{k: v for k, v in os.environ.items() if k in PASSED_ON},
        "DJANGO_SETTINGS_MODULE": "tests.races.settings",
        "HEMAVIEW_VAR": str(folder),
        "DATABASE_URL": database["DATABASE_URL"],
    }
    command = [sys.executable, "-m", "tests.races.fire", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True)
    results = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(results) == arguments.count("then") + 1, run.stderr[-3000:]
    assert {each["database"] for each in results} == {database["vendor"]}
    return results


@pytest.fixture(scope="module", params=VENDORS)
def fired(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Both rounds of `make test`, in one house: to make one takes longer than to fire."""
    with database_of(request.param, tmp_path_factory.mktemp("database")) as database:
        pairs = ("--tries", "1", "--slow-tries", "0", "--every", str(EVERY))
        signatures = ("--tries", "1", "--only", "signature", "--every", "2")
        first, second = fire(database, tmp_path_factory.mktemp("house"), *pairs, "then", *signatures)
    return first, second


def test_two_writes_at_once_break_nothing(fired: tuple[Any, Any]) -> None:
    result, _ = fired
    assert result["broken"] == [] and result["pairs"] > 100


def test_a_write_that_meets_a_signature_breaks_nothing(fired: tuple[Any, Any]) -> None:
    _, result = fired
    assert result["broken"] == []
    assert any("being-signed" in words for outcomes in result["outcomes"].values() for words in outcomes)


@pytest.mark.prove
@pytest.mark.parametrize("vendor", VENDORS)
def test_up_to_two_hundred_tries_of_each_pair_break_nothing(
    vendor: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    with database_of(vendor, tmp_path_factory.mktemp("database")) as database:
        (result,) = fire(database, tmp_path, "--tries", str(TRIES), "--seconds", str(SECONDS))
    assert result["broken"] == []
    assert result["left_out"] == 0 and result["fewest_tries"] >= 5, result["tries"]
