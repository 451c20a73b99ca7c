"""Cells of which a net gave no finite answer are counted by nobody, whichever net it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.store import read_cells
from hemaview.cells.table import UNANSWERED
from hemaview.inference import Classifier
from hemaview.methods.card import cards
from hemaview.pipeline import RunRequest
from hemaview.pipeline.looks import Looks
from hemaview.pipeline.noanswer import NoAnswer, unanswered_notes, with_unanswered
from hemaview.pipeline.pointed import overlooked
from hemaview.pipeline.run import run
from tests.factories import cells as table_of
from tests.pipeline.pictures import plain_picture
from tests.pipeline.test_ownmodels import field
from tests.pipeline.test_run import FILM, Sink
from tests.schemas import BLOOD_FILM


def test_only_the_silent_cells_are_unidentified() -> None:
    p = np.full((2, len(BLOOD_FILM)), 1 / len(BLOOD_FILM), np.float32)
    p[1] = np.nan
    q, cls = with_unanswered(p, np.zeros(2, np.uint8), np.array([False, True]), BLOOD_FILM)
    assert cls.tolist() == [0, BLOOD_FILM.index("unidentified")] and q[1].sum() == 0 and (q[0] == p[0]).all()
    with pytest.raises(NoAnswer):
        with_unanswered(p[:, :3], np.zeros(2, np.uint8), np.array([False, True]), assay("sickle").schema)


def test_one_cell_and_several_are_told_in_whole_sentences_with_the_nets_names() -> None:
    cells = table_of({"unidentified": 2})
    assert unanswered_notes(cells, ["b"]) == []
    cells.flags[0] = UNANSWERED
    assert unanswered_notes(cells, ["b", "a"]) == [
        "a and b gave no finite answer for 1 cell: it is unidentified and must be seen."
    ]


@pytest.mark.parametrize("role", ["kind", "nucleated-cell", "red-cell-shape"])
def test_a_shipped_net_that_overflows_on_some_cells_is_named(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Classifier.answers

    def overflowing(self: Classifier, crops: NDArray[np.uint8], views: int = 0) -> Any:
        logits, features = whole(self, crops, views)
        if self.info.name == FILM[role]:
            logits[::7, 0] = np.inf
        return logits, features

    monkeypatch.setattr(Classifier, "answers", overflowing)
    request = RunRequest(
        slide=field(tmp_path / "field.tif"), folder=tmp_path / "job", protocol="film", assay=assay("blood_film"),
        schema=BLOOD_FILM, finder="film", settings={}, thresholds={}, mpp=0.25,
        models={role: (name, cards()[name].version, cards()[name].sha256) for role, name in FILM.items()},
        photo_fields=[{"x": 0, "y": 0, "w": 960, "h": 800, "name": "field"}],
    )  # fmt: skip
    outcome = run(request, Sink())
    cells, _ = read_cells(tmp_path / "job" / "cells.arrow")
    silent = (cells.flags & UNANSWERED) != 0
    assert silent.any() and not silent.all() and np.isfinite(cells.p).all()
    assert set(cells.cls[silent]) == {BLOOD_FILM.index("unidentified")}
    assert [n for n in outcome.notes if n.startswith(f"{FILM[role]} gave no finite answer for {silent.sum()} cell")]


def test_a_place_that_the_finder_points_at_and_no_net_answers_for_is_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing = np.full((1, len(BLOOD_FILM)), np.nan, np.float32)
    monkeypatch.setattr("hemaview.pipeline.pointed.answers_at", lambda *_: (nothing, Looks.unknown(1)))
    picture = plain_picture(np.full((200, 200, 3), 230, np.uint8), mpp=0.2)
    none = table_of({})
    cells = overlooked(picture, np.array([[100.0, 100.0]]), none, None, None, {}, BLOOD_FILM)  # type: ignore[arg-type]
    assert len(cells) == 1 and cells.flags[0] & UNANSWERED and cells.cls[0] == BLOOD_FILM.index("unidentified")
