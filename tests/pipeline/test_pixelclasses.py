"""Red and white cells of fields by the class of each pixel: the shipped net on a drawn film, as a job runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hemaview.assays import assay
from hemaview.cells.store import read_cells
from hemaview.inference import load
from hemaview.learning.metrics.matching import match_points
from hemaview.methods.card import cards
from hemaview.pipeline import PipelineError, RunRequest
from hemaview.pipeline.finders import finder
from hemaview.pipeline.run import run
from hemaview.wsi.synthetic import draw_film, write_film
from tests.pipeline.test_run import Sink
from tests.schemas import BLOOD_FILM

FIELD = assay("cells_of_field")
MODEL = "li-nodes-fields"


def test_drawn_red_and_white_cells_are_counted_at_either_tolerance(tmp_path: Path) -> None:
    film = draw_film(2048, 1536, seed=3)
    write_film(tmp_path / "film.tif", tmp_path / "film.csv", film)
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
    points = np.stack([cells.x, cells.y], axis=1).astype(float)
    plan = json.loads((tmp_path / "job" / "plan.json").read_text())
    fields = [f for f in plan["fields"] if f["index"] in set(cells.field.tolist())]
    white = {c.key for c in BLOOD_FILM.classes if c.group in ("wbc", "nrbc")}
    red = {c.key for c in BLOOD_FILM.classes if c.group == "rbc"}
    for kind, classes, least in (("nucleated", white, 0.75), ("red_cell", red, 0.9)):
        true = np.array([(c.x, c.y) for c in film.cells if c.cls in classes and holds(fields, c.x, c.y)]).reshape(-1, 2)
        own = points[FIELD.schema.rows_of_kind(cells.cls, kind)]
        matches, _ = match_points(own, true, 16.0)
        assert len(true) > 5 and matches.f1 >= least, (kind, matches)


def holds(fields: list[dict[str, Any]], x: float, y: float) -> bool:
    return any(f["x"] <= x < f["x"] + f["w"] and f["y"] <= y < f["y"] + f["h"] for f in fields)


def test_a_net_that_names_its_pixels_otherwise_is_refused_before_anything_is_read() -> None:
    with pytest.raises(PipelineError, match="does not have: rim and core"):
        finder(FIELD.finder, {"segmentation": load("red-cell-unet")}, FIELD.schema)
