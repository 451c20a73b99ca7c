"""A model of the laboratory's own names the cells of a run, which says so, and what it cannot name is told before a signature."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from hemaview.assays import assay
from hemaview.assays.mustsee import must_see_reasons
from hemaview.cells.schema import schema_from
from hemaview.cells.store import read_cells, sha256_of
from hemaview.cells.table import CUT, UNANSWERED
from hemaview.inference import WeightsChanged
from hemaview.methods.card import cards
from hemaview.methods.own.cardfile import checked_card
from hemaview.methods.own.files import OwnFiles
from hemaview.methods.own.weights import ONNX
from hemaview.pipeline import PipelineError, RunRequest
from hemaview.pipeline.plan import Plan
from hemaview.pipeline.run import run
from hemaview.wsi.sidepyramid import write_pyramid
from hemaview.wsi.syntheticfields import draw_field
from tests import onnxfiles as onnx
from tests.pipeline.test_run import FILM, Sink
from tests.schemas import BLOOD_FILM


def own(folder: Path, classes: tuple[str, ...], **changes: Any) -> OwnFiles:
    """A net whose first class is that of every cell."""
    folder.mkdir()
    net = changes.pop("net", None)
    weights, card = folder / "w.onnx", folder / "card.json"
    w = np.full((3, len(classes)), -9.0, np.float32)
    w[:, 0] = 9
    weights.write_bytes(net or onnx.mean_colour(len(classes), weights=w))
    kind = "red_cell" if "red-cell-shape" in changes.get("roles", ()) else "nucleated"
    examinations = {"blood_film": dict.fromkeys(BLOOD_FILM.by_key, kind)}
    card.write_text(json.dumps(checked_card(onnx.card(classes=list(classes), **changes), ONNX, examinations)))
    return OwnFiles(weights, sha256_of(weights), card, sha256_of(card))


def field(path: Path) -> Path:
    """A drawn photograph with nine white cells and nine platelets."""
    write_pyramid(pyvips.Image.new_from_array(draw_field("blood")).copy(interpretation="srgb"), path, 0.25, quality=95)
    return path


def own_request(film: Path, folder: Path, files: OwnFiles, role: str = "nucleated-cell") -> RunRequest:
    models = {role: (name, cards()[name].version, cards()[name].sha256) for role, name in FILM.items()}
    return RunRequest(
        slide=film, folder=folder, protocol="ours", assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
        settings={}, models={**models, role: ("mean-colour", "1", files.sha256)}, thresholds={}, mpp=0.25,
        photo_fields=[{"x": 0, "y": 0, "w": 960, "h": 800, "name": "field"}], own={role: files},
    )  # fmt: skip


def test_every_nucleated_cell_has_the_name_that_it_gives_and_the_job_says_whose_it_is(tmp_path: Path) -> None:
    film = field(tmp_path / "field.tif")
    files = own(tmp_path / "own", ("MO", "LY"), class_map={"MO": "monocyte", "LY": "lymphocyte"})
    outcome = run(own_request(film, tmp_path / "job", files), Sink())
    cells, metadata = read_cells(tmp_path / "job" / "cells.arrow")
    nucleated = BLOOD_FILM.rows_of_kind(cells.cls, "nucleated")
    assert set(cells.cls[nucleated]) == {BLOOD_FILM.index("monocyte")}
    assert 7 <= nucleated.sum() <= 10, "nine white cells; what is no cell has no name of it"
    assert metadata["models"]["nucleated-cell"] == ["mean-colour", "1", files.sha256]
    assert metadata["own_cards"] == {"nucleated-cell": files.card_sha256}
    (note,) = [note for note in outcome.notes if "laboratory's own" in note]
    assert note.startswith(
        "mean-colour 1, a model of the laboratory's own, names the nucleated cells; of the examination's"
    )
    assert "segmented neutrophil" in note and note.endswith(
        "nor when it cannot be sure (so it leaves no cell unidentified)."
    )
    (guard,) = [guard for guard in outcome.guards if guard["code"] == "classes-not-named"]
    assert "cannot name: blast, nucleated red cell" in guard["sentence"]
    assert guard not in Plan.load(tmp_path / "job" / "plan.json").guards, "a run that goes on says it of its own cells"


def test_shapes_of_red_cells_are_named_by_it_where_it_has_that_role(tmp_path: Path) -> None:
    files = own(tmp_path / "own", ("target", "normal"), roles=["red-cell-shape"], mpp=0.2, input_px=32)
    outcome = run(own_request(field(tmp_path / "field.tif"), tmp_path / "job", files, "red-cell-shape"), Sink())
    cells, _ = read_cells(tmp_path / "job" / "cells.arrow")
    red = cells.cls[BLOOD_FILM.rows_of_kind(cells.cls, "red_cell")]
    assert len(red) > 100 and np.mean(red == BLOOD_FILM.index("target")) > 0.95
    assert any("1, a model of the laboratory's own, names the shapes of red cells; of the" in n for n in outcome.notes)
    (guard,) = [guard for guard in outcome.guards if guard["code"] == "classes-not-named"]
    assert "cannot name: schistocyte." in guard["sentence"], "and no class that our own nets do not name either"


def test_a_model_that_was_altered_ends_the_run_before_anything_is_counted(tmp_path: Path) -> None:
    files = own(tmp_path / "own", ("monocyte", "lymphocyte"))
    files.weights.write_bytes(onnx.mean_colour(2))
    film = field(tmp_path / "field.tif")
    with pytest.raises(WeightsChanged, match="mean-colour 1 are gone or not those that were checked"):
        run(own_request(film, tmp_path / "job", files), Sink())
    assert not (tmp_path / "job" / "cells.arrow").exists()


def test_a_cell_that_it_gives_no_finite_answer_is_unidentified_must_be_seen_and_said(tmp_path: Path) -> None:
    film = field(tmp_path / "field.tif")
    reference = run(own_request(film, tmp_path / "before", own(tmp_path / "one", ("monocyte", "lymphocyte"))), Sink())
    before, _ = read_cells(tmp_path / "before" / "cells.arrow")
    white = BLOOD_FILM.rows_of_kind(before.cls, "nucleated")
    files = own(tmp_path / "own", ("monocyte", "lymphocyte"), net=onnx.no_number_beyond(2, -1.0))
    outcome = run(own_request(film, tmp_path / "job", files), Sink())
    cells, _ = read_cells(tmp_path / "job" / "cells.arrow")
    silent = (cells.flags & UNANSWERED) != 0
    assert outcome.cells == reference.cells and silent.sum() >= white.sum() >= 7
    assert set(cells.cls[silent]) == {BLOOD_FILM.index("unidentified")} and np.isfinite(cells.p).all()
    asks = must_see_reasons(cells, BLOOD_FILM, assay("blood_film").must_see, 0.2)
    assert set(asks[silent & ((cells.flags & CUT) == 0)]) == {"no answer of a net"}
    (note,) = [n for n in outcome.notes if "finite" in n]
    assert (
        note == f"mean-colour gave no finite answer for {silent.sum()} cells: they are unidentified and must be seen."
    )
    (tmp_path / "job" / "cells.arrow").unlink()
    assert run(own_request(film, tmp_path / "job", files), Sink()).notes == outcome.notes, (
        "a run that goes on says it too"
    )


def test_a_run_whose_examination_has_no_class_for_such_a_cell_ends_with_the_nets_name(tmp_path: Path) -> None:
    files = own(tmp_path / "own", ("monocyte", "lymphocyte"), net=onnx.no_number_beyond(2, -1.0))
    request = own_request(field(tmp_path / "field.tif"), tmp_path / "job", files)
    classes = [c for c in BLOOD_FILM.classes_json() if c["key"] != "unidentified"]
    schema = schema_from(BLOOD_FILM.name, BLOOD_FILM.version, classes, BLOOD_FILM.groups_json())
    with pytest.raises(
        PipelineError, match=r"^mean-colour gave no finite answer for a cell, and this examination has no"
    ):
        run(replace(request, schema=schema), Sink())
    assert not (tmp_path / "job" / "cells.arrow").exists()
