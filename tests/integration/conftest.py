"""The film that both stacks analyse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.films import drawn_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_film(tmp_path_factory.mktemp("film"), 3072, 1536)[0]
