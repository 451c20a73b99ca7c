"""Every way of finding cells runs to a cell file of its own schema; roles that are empty or wrongly filled are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.analysis.protocols import PROTOCOLS, Order
from hemaview.cells.schema import BLOOD_FILM, SICKLE, schema
from hemaview.cells.store import read_cells
from hemaview.inference import load
from hemaview.methods.registry import cards
from hemaview.pipeline import PipelineError, run
from hemaview.pipeline.finders import finder
from hemaview.pipeline.protocol import RunRequest
from hemaview.wsi.synthetic import draw_film, write_film
from tests.pipeline.test_run import Sink

# The blood film itself is run by test_run.py.
RUNNABLE = [o for o in PROTOCOLS[1:] if set(o.models.values()) <= set(cards())]


PHOTO = {"x": 2200, "y": 500, "w": 560, "h": 560, "name": "a"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.tif"
    write_film(path, path.with_suffix(".csv"), draw_film(4096, 1536, seed=3))
    return path


@pytest.fixture(scope="module", params=RUNNABLE, ids=lambda o: o.name)
def ran(request: pytest.FixtureRequest, film: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Order, Path]:
    """A protocol's run over one small field of the film."""
    order, folder = request.param, tmp_path_factory.mktemp("job")
    models = {role: (name, cards()[name].version, cards()[name].sha256) for role, name in order.models.items()}
    settings: dict[str, Any] = dict(order.settings)
    outcome = run(
        RunRequest(
            slide=film, folder=folder, protocol=order.name, settings=settings, models=models, thresholds={}, mpp=0.25,
            photo_fields=[PHOTO], schema=order.schema,
        ),
        Sink(),
    )  # fmt: skip
    assert outcome.fields_done == 1
    return order, folder


def test_a_protocol_runs_to_a_cell_file_of_its_schema(ran: tuple[Order, Path]) -> None:
    order, folder = ran
    cells, metadata = read_cells(folder / "cells.arrow", folder / "contours.arrow")
    known = schema(order.schema)
    assert metadata["schema"] == order.schema
    assert cells.p.shape == (len(cells), len(known)) and (cells.cls < len(known)).all()
    if len(cells):
        assert np.abs(cells.p.astype(float).sum(axis=1) - 1).max() < 0.02
    named = np.bincount(cells.cls, minlength=len(known))
    groups = np.array([c.group for c in known.classes])[cells.cls]
    if order.schema in ("blood-film", "sickle"):
        assert (groups == "rbc").sum() > 20
    if order.schema == "sickle":  # the drawn cells are round
        assert named[known.index("circular")] > 5 * named[known.index("elongated")]
    if order.schema == "nrbc":  # red cells are not nuclei
        assert len(cells) < 60


def test_roles_that_are_empty_or_wrongly_filled_are_named() -> None:
    kind = load("cell-kind-net")
    with pytest.raises(PipelineError, match="names no model for segmentation"):
        finder("film", {}, BLOOD_FILM)
    with pytest.raises(PipelineError, match="cell-kind-net stands in the role outline"):
        finder("outline", {"segmentation": load("red-cell-unet"), "kind": kind, "outline": kind}, SICKLE)
    with pytest.raises(PipelineError, match="there is not: dowsing"):
        finder("dowsing", {}, BLOOD_FILM)
    wrong = {"detector": kind, "segmentation": kind, "kind": kind, "red-cell-shape": kind, "nucleated-cell": kind}
    with pytest.raises(PipelineError, match="names classes that the schema blood-film does not have: red_cell"):
        finder("film", wrong, BLOOD_FILM)
