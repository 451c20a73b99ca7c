"""Drawn films that several files of tests look at: drawn once in a run, since drawing takes seconds."""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path

from hemaview.wsi.synthetic import TrueCell, draw_film, write_film
from tests.integration.oncemade import ONCE_MADE


def drawn_film(folder: Path, width_px: int, height_px: int, seed: int = 3) -> tuple[Path, tuple[TrueCell, ...]]:
    """A slide in `folder`, film.tif, with its truth beside it as film.csv; and the cells on it, unrounded."""

    def make(there: Path) -> None:
        film = draw_film(width_px, height_px, seed=seed)
        write_film(there / "film.tif", there / "film.csv", film)
        (there / "cells.json").write_text(json.dumps([astuple(cell) for cell in film.cells]))

    ONCE_MADE.copy(f"film-{width_px}-{height_px}-{seed}", make, folder)
    return folder / "film.tif", tuple(TrueCell(*cell) for cell in json.loads((folder / "cells.json").read_text()))
