"""Every way of finding cells runs to a cell file of its own schema; roles that are empty or wrongly filled are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from hemaview.assays import Order, assay, assays
from hemaview.cells.store import read_cells
from hemaview.cells.table import CellTable
from hemaview.inference import AS_SHIPPED, Detector, NetSettings, load
from hemaview.learning.scoring.filmtasks import as_slide
from hemaview.methods.card import Card, cards
from hemaview.pipeline import PipelineError
from hemaview.pipeline.finders import finder, nuclei
from hemaview.pipeline.finders.common import devices
from hemaview.pipeline.finders.nuclei import _pointed
from hemaview.pipeline.naming import classes_of
from hemaview.pipeline.plan import PlannedField, RunRequest
from hemaview.pipeline.run import run
from hemaview.wsi.slide import open_slide
from hemaview.wsi.syntheticfields import draw_field
from tests.films import drawn_film
from tests.pipeline.test_run import Sink
from tests.schemas import BLOOD_FILM, MARROW, NRBC, SICKLE

# The blood film itself is run by test_run.py.
RUNNABLE = [
    o for a in assays().values() for o in a.orders if o.name != "blood-film" and set(o.models.values()) <= set(cards())
]
FILM_MODELS = assay("blood_film").orders[0].models


SURELY = 0.5
"""Above it a cell is likelier nucleated than not. What lies between it and the least that is kept (LEAST_NUCLEATED) may be
kept on one processor, or in one light, alone: the net that says so is shown the picture as it is."""
PHOTO = {"x": 2200, "y": 500, "w": 560, "h": 560, "name": "a"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_film(tmp_path_factory.mktemp("film"), 3072, 1536)[0]


@pytest.fixture(scope="module", params=RUNNABLE, ids=lambda o: o.name)
def ran(request: pytest.FixtureRequest, film: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Order, Path]:
    """A protocol's run over one small field of the film."""
    order, folder = request.param, tmp_path_factory.mktemp("job")
    models = {role: (name, cards()[name].version, cards()[name].sha256) for role, name in order.models.items()}
    settings: dict[str, Any] = dict(order.settings)
    outcome = run(
        RunRequest(
            slide=film, folder=folder, protocol=order.name, settings=settings, models=models, thresholds={}, mpp=0.25,
            photo_fields=[PHOTO], assay=assay(order.assay), schema=assay(order.assay).schema, finder=order.finder,
        ),
        Sink(),
    )  # fmt: skip
    assert outcome.fields_done == 1
    return order, folder


def test_a_protocol_runs_to_a_cell_file_of_its_schema(ran: tuple[Order, Path]) -> None:
    order, folder = ran
    cells, metadata = read_cells(folder / "cells.arrow", folder / "contours.arrow")
    schema = assay(order.assay).schema
    assert metadata["assay"] == metadata["schema"] == order.assay
    assert cells.p.shape == (len(cells), len(schema)) and (cells.cls < len(schema)).all()
    if len(cells):
        assert np.abs(cells.p.astype(float).sum(axis=1) - 1).max() < 0.02
    cells_by_class = np.bincount(cells.cls, minlength=len(schema))
    if order.assay in ("blood_film", "sickle"):
        assert schema.rows_of_kind(cells.cls, "red_cell").sum() > 20
    if order.assay == "sickle":  # the drawn cells are round
        assert cells_by_class[schema.index("circular")] > 5 * cells_by_class[schema.index("elongated")]
    if order.name == "blood-film-nrbc":  # red cells are not nuclei
        assert len(cells) < 60


def test_a_finder_names_every_place_that_its_models_run_in_once() -> None:
    places = {"detector": "CPU (torch)", "overview": "CPU (OpenVINO)", "kind": "CPU (torch)"}
    models: Any = {role: SimpleNamespace(info=SimpleNamespace(device=place)) for role, place in places.items()}
    assert devices(models) == "CPU (torch) and CPU (OpenVINO)"


def test_roles_that_are_empty_or_wrongly_filled_are_named() -> None:
    kind = load("cell-kind-net")
    with pytest.raises(PipelineError, match="names no model for segmentation"):
        finder("film", {}, BLOOD_FILM)
    with pytest.raises(PipelineError, match="cell-kind-net is set for the role outline"):
        finder("outline", {"segmentation": load("red-cell-unet"), "kind": kind, "outline": kind}, SICKLE)
    with pytest.raises(PipelineError, match="No finder of cells is called dowsing") as refused:
        finder("dowsing", {}, BLOOD_FILM)
    assert refused.value.code == "no-finder" and "choose another way of finding cells" in refused.value.remedy
    wrong = {"detector": kind, "segmentation": kind, "kind": kind, "red-cell-shape": kind, "nucleated-cell": kind}
    with pytest.raises(PipelineError, match="names classes that blood_film does not have: red_cell"):
        finder("film", wrong, BLOOD_FILM)


class _FixedBoxes:
    """In the place of a runtime: one box in the middle of whatever it is shown."""

    device = "nowhere"

    def objects(self, x: np.ndarray) -> list[Any]:
        h, w = x.shape[2:]
        x0, y0 = w / 2 - 20.0, h / 2 - 15.0
        clump = [x0 - 5, y0 - 5, x0 + 60, y0 + 40]  # 32 µm long, and surer than the cell in it
        boxes = torch.tensor([[x0, y0, x0 + 40, y0 + 30], clump])
        return [SimpleNamespace(boxes=boxes, scores=torch.tensor([0.75, 0.95]), labels=torch.tensor([1, 1]))]


def test_boxes_become_cells_of_the_schema_at_their_place(film: Path) -> None:
    card = Card({"name": "wang-marrow-cascade", "version": "0", "sha256": "", "classes": ["blast", "plasma_cell"],
                 "mpp": 0.5, "input_px": 320})  # fmt: skip
    runtime: Any = _FixedBoxes()
    how = finder("boxes", {"detector": Detector(card, runtime)}, MARROW)
    place = PlannedField(4, PHOTO["x"], PHOTO["y"], 560, 560, 1.0, 1.0, 1.0, 1.0, True, photo=True)  # type: ignore[arg-type]
    with open_slide(film) as slide:
        cells = how.cells(slide, place, 0.25, MARROW)
    assert len(cells) == 1 and MARROW.classes[int(cells.cls[0])].key == "plasma_cell"
    # The picture is shown at half its size and filled up to 288 px: its middle is px 144 of 280.
    assert (float(cells.x[0]), float(cells.y[0])) == pytest.approx((2200 + 288, 500 + 288), abs=1)
    assert (int(cells.w[0]), int(cells.h[0])) == (80, 60)
    p = cells.p[0].astype(float)
    assert p[MARROW.index("plasma_cell")] == pytest.approx(0.75, abs=1e-3)
    assert p[MARROW.index("artefact")] == pytest.approx(0.25, abs=1e-3)
    assert how.thresholds == {"detector": {"box": 0.3}}
    strict = finder("boxes", {"detector": Detector(card, runtime)}, MARROW, {"detector": 0.8})
    with open_slide(film) as slide:
        assert len(strict.cells(slide, place, 0.25, MARROW)) == 0


def test_a_protocols_threshold_stands_in_place_of_the_models_own_where_there_is_one() -> None:
    models = {role: load(name) for role, name in FILM_MODELS.items()}
    own = cards()[FILM_MODELS["nucleated-cell"]].thresholds["erythroblast"]
    held_back = cards()[FILM_MODELS["red-cell-shape"]].called_from
    red_cell_thresholds = {"red-cell-shape": held_back} if held_back else {}
    assert finder("film", models, BLOOD_FILM).thresholds == {
        "nucleated-cell": {"erythroblast": own},
        **red_cell_thresholds,
    }
    thresholds = finder("film", models, BLOOD_FILM, {"nucleated-cell": 0.7}).thresholds
    assert thresholds == {"nucleated-cell": {"erythroblast": 0.7}, **red_cell_thresholds}
    with pytest.raises(PipelineError, match="threshold for kind, which takes none; here nucleated-cell does"):
        finder("film", models, BLOOD_FILM, {"kind": 0.5})


def test_a_cell_is_called_by_its_threshold_and_else_the_likeliest() -> None:
    p = np.zeros((2, len(BLOOD_FILM)), np.float32)
    blast, erythroblast = BLOOD_FILM.index("blast"), BLOOD_FILM.index("erythroblast")
    p[:, blast], p[:, erythroblast] = (0.9, 0.6), (0.1, 0.4)
    assert classes_of(p, {}, BLOOD_FILM).tolist() == [blast, blast]
    assert classes_of(p, {"erythroblast": 0.2}, BLOOD_FILM).tolist() == [blast, erythroblast]


SURELY = 0.5
"""Above it a cell is likelier nucleated than not. What lies between it and the least that is kept (LEAST_NUCLEATED) may be
kept on one processor, or in one light, alone: the net that says so is shown the picture as it is."""


def test_p_net_judges_a_dim_picture_as_one_in_full_light(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture_of = nuclei.picture_of

    def cells_in(light: float, nets: NetSettings = AS_SHIPPED) -> CellTable:
        models = {"nrbc": load("sun-pnet", settings=nets), "kind": load("cell-kind-net", settings=nets)}

        def dimmed(*args: Any) -> Any:
            picture = picture_of(*args)
            # A dimmer lamp dims the ground as it does the cells.
            grounds = replace(picture.grounds, colours=picture.grounds.colours * np.float32(light))
            return replace(picture, rgb=np.rint(picture.rgb * light).astype(np.uint8), grounds=grounds)

        monkeypatch.setattr(nuclei, "picture_of", dimmed)
        with open_slide(film) as slide:
            place = PlannedField(0, 1024, 0, 2048, 1536, 0.4, 1.0, 0.8, 1.0, True)
            return finder("nuclei", models, NRBC).cells(slide, place, 0.25, NRBC)

    full, dim = cells_in(1.0), cells_in(0.75)
    same, surely_lost = _difference(full, dim)
    assert min(len(full), len(dim)) > 3 and not surely_lost and same < 0.05
    as_it_is, surely_lost = _difference(full, cells_in(0.75, NetSettings(brings_ground=False)))
    assert surely_lost or as_it_is > 2 * same


def _difference(one: CellTable, other: CellTable) -> tuple[float, int]:
    """The mean difference of P(erythroblast) over the cells of both, and how many cells stand in one table alone though
    they are surely nucleated."""
    away = np.hypot(one.x[:, None] - other.x, one.y[:, None] - other.y)
    both = [(i, int(j)) for i, j in enumerate(away.argmin(axis=1)) if away[i, j] < 20]
    p = [t.p[:, NRBC.index("erythroblast")].astype(float) for t in (one, other)]
    alone = ((one, {i for i, _ in both}), (other, {j for _, j in both}))
    nucleated = [1 - t.p[i, NRBC.index("artefact")] for t, shared in alone for i in range(len(t)) if i not in shared]
    difference = float(np.mean([abs(p[0][i] - p[1][j]) for i, j in both]))
    return difference, sum(n > SURELY for n in nucleated)


def test_nuclei_that_a_net_points_at_are_judged_where_the_threshold_draws_none() -> None:
    labels = np.zeros((200, 200), np.int32)
    labels[20:40, 20:40], labels[100:110, 100:110] = 1, 2
    nuclei_labels = _pointed(labels, np.array([[30.0, 30], [150, 60]]))
    assert set(np.unique(nuclei_labels)) == {0, 1, 3}  # what no point lies in is no nucleus
    assert nuclei_labels[60, 150] == 3
    assert (nuclei_labels == 1).sum() == 400


def test_each_cell_block_and_sickle_protocol_finds_the_drawn_cells() -> None:
    block = as_slide(draw_field("block"))
    place = PlannedField(0, 0, 0, block.width_px, block.height_px, 1.0, 1.0, 1.0, 1.0, True, photo=True)
    nrbc_cells = finder("nuclei", {"nrbc": load("sun-pnet"), "nuclei": load("nuclei-unet")}, NRBC).cells(
        block, place, 0.25, NRBC
    )
    assert 30 <= len(nrbc_cells) <= 60  # of 42 nuclei
    sickle = assay("sickle").schema
    field = as_slide(draw_field("sickle"))
    place = PlannedField(0, 0, 0, field.width_px, field.height_px, 1.0, 1.0, 1.0, 1.0, True, photo=True)
    models = {r: load(m) for r, m in assay("sickle").orders[1].models.items()}
    cells = finder("outline", models, sickle).cells(field, place, 0.25, sickle)
    assert (cells.cls == sickle.index("elongated")).sum() >= 10
    assert (cells.cls == sickle.index("circular")).sum() >= 90
