"""What the tests of all apps share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hemaview.confined import child
from tests.forkedreaders import readers_forked


@pytest.fixture(scope="package", autouse=True)
def _readers() -> Iterator[None]:
    """Files that come in are read by forked children."""
    with readers_forked(child):
        yield
