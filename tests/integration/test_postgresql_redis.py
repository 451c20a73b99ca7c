"""The whole way on a real PostgreSQL and Redis, which the test starts itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import needs
from tests.integration.journey import (
    test_1_the_whole_way_with_workers_that_die,
    test_2_a_backup_comes_back_into_an_empty_house,
)
from tests.integration.stack import Stack, postgres_tools, running

__all__ = [
    "test_1_the_whole_way_with_workers_that_die",
    "test_2_a_backup_comes_back_into_an_empty_house",
]

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    needs(postgres_tools() is not None, "PostgreSQL is missing: apt-get install postgresql")
    needs(shutil.which("redis-server") is not None, "Redis is missing: apt-get install redis-server")
    with running(tmp_path_factory.mktemp("services"), True) as started:
        started.web()
        yield started
