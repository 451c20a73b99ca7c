"""Red and white cells of fields by the class of each pixel: the shipped net on a drawn film, as a job runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemaview.assays import assay
from hemaview.cells.store import read_cells
from hemaview.inference import load
from hemaview.methods.card import cards
from hemaview.pipeline import PipelineError, RunRequest
from hemaview.pipeline.finders import finder
from hemaview.pipeline.run import run
from hemaview.wsi.synthetic import draw_film, write_film
from tests.pipeline.test_run import Sink

FIELD = assay("cells_of_field")
MODEL = "li-nodes-fields"


def test_drawn_red_and_white_cells_are_counted_at_either_tolerance(tmp_path: Path) -> None:
    drawn = draw_film(2048, 1536, seed=3)
    write_film(tmp_path / "film.tif", tmp_path / "film.csv", drawn)
    order = next(o for o in FIELD.orders if o.name == "cells-of-field-quick")
    outcome = run(
        RunRequest(
            slide=tmp_path / "film.tif", folder=tmp_path / "job", protocol=order.name, assay=FIELD, schema=FIELD.schema,
            finder=order.finder, settings={**order.settings, "max_fields": 2},
            models={"segmentation": (MODEL, cards()[MODEL].version, cards()[MODEL].sha256)}, thresholds={}, mpp=0.25,
            photo_fields=[],
        ),
        Sink(),
    )  # fmt: skip
    assert any("solved at a tolerance of 0.01" in note for note in outcome.notes)
    cells = read_cells(tmp_path / "job" / "cells.arrow")[0]
    red, white = (FIELD.schema.rows_of_kind(cells.cls, kind) for kind in ("red_cell", "nucleated"))
    assert red.sum() > 20 * white.sum() and np.all(cells.area_um2[white] > cells.area_um2[red].mean())


def test_a_net_that_names_its_pixels_otherwise_is_refused_before_anything_is_read() -> None:
    with pytest.raises(PipelineError, match="does not have: rim, core"):
        finder(FIELD.finder, {"segmentation": load("red-cell-unet")}, FIELD.schema)
