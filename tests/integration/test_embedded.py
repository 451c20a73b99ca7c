"""The whole way on the embedded defaults: SQLite and a broker without a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.journey import (
    test_1_the_whole_way_with_workers_that_die,
    test_2_a_backup_comes_back_into_an_empty_house,
    test_3_commands_refuse_with_one_sentence_and_status_one,
)
from tests.integration.stack import Stack, running

__all__ = [
    "test_1_the_whole_way_with_workers_that_die",
    "test_2_a_backup_comes_back_into_an_empty_house",
    "test_3_commands_refuse_with_one_sentence_and_status_one",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("embedded"), False) as started:
        started.web()
        yield started
