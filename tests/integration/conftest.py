"""The film that both stacks analyse."""

from __future__ import annotations

from pathlib import Path

import pytest

from hemaview.wsi.synthetic import draw_film, write_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.tif"
    write_film(path, path.with_suffix(".csv"), draw_film(3072, 1536, seed=3))
    return path
