"""Comments on cells and cells to teach with; undo and redo; what lies within an outline; a region analysed by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis import runservices
from apps.analysis.models import Job, ReportedAnalysis
from apps.analysis.selectors import latest_job
from apps.audit.models import Record
from apps.review import cellnotes
from apps.review.models import CellNote
from apps.review.services import add_cell, label_cells, redo, undo
from apps.review.state import labels_of
from tests import factories
from tests.schemas import BLOOD_FILM

SEG, LYMPH, NRBC = (BLOOD_FILM.index(k) for k in ("segmented_neutrophil", "lymphocyte", "erythroblast"))


def client_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def test_a_comment_and_a_mark_to_teach_with_stay_on_the_cell_through_another_analysis(job: Any, tess: Any) -> None:
    cellnotes.note_cell(tess, job, "comment", 40, "", " Döhle body ")
    cellnotes.note_cell(tess, job, "teach", 41, "", "")
    table = factories.cells({"normal": 39, "segmented_neutrophil": 13, "lymphocyte": 6, "erythroblast": 2})
    shifted = type(table)(**{**vars(table), "x": table.x + 3})
    again = factories.finished_job(job.slide, shifted.take(np.arange(1, 60)))
    assert [(p.note.kind, p.note.text, p.row) for p in cellnotes.notes_of(tess, again)] == [
        ("comment", "Döhle body", 39),
        ("teach", "", 40),
    ]
    empty = factories.finished_job(job.slide, table.take(np.arange(3)))
    assert [p.row for p in cellnotes.notes_of(tess, empty)] == [None, None], "nothing is hung on another cell"
    CellNote.objects.filter(row=40).update(job=empty, row=0)
    assert cellnotes.notes_of(tess, empty)[0].row is None, "its row holds another cell since it was begun anew"
    actions = Record.objects.filter(action__startswith="cell.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["cell.commented", "cell.teach"]


def test_a_note_is_taken_away_and_brought_back_by_who_may(job: Any, tess: Any, paul: Any) -> None:
    other = factories.person("technologist")
    note = cellnotes.note_cell(tess, job, "comment", 40, "", "Look again")
    with pytest.raises(Forbidden, match="Only the person who wrote a comment"):
        cellnotes.remove(other, note)
    cellnotes.remove(paul, note)
    assert cellnotes.notes_of(tess, job) == []
    cellnotes.restore(tess, note)
    assert [p.note.text for p in cellnotes.notes_of(tess, job)] == ["Look again"]
    assert Record.objects.filter(action="cell.note-removed").count() == 1


def test_a_cell_is_marked_to_teach_with_once_and_a_comment_says_something(job: Any, tess: Any, paul: Any) -> None:
    first = cellnotes.note_cell(tess, job, "teach", 40, "", "")
    assert cellnotes.note_cell(paul, job, "teach", 40, "", "") == first
    for wrong in (("comment", 40, "", " "), ("comment", None, "", "x"), ("shout", 40, "", "x")):
        with pytest.raises(Refusal):
            cellnotes.note_cell(tess, job, *wrong)
    with pytest.raises(Missing, match="no cell 900"):
        cellnotes.note_cell(tess, job, "teach", 900, "", "")
    assert CellNote.objects.count() == 1


def test_the_gallery_shows_the_cells_that_are_to_teach_with_alone(job: Any, tess: Any) -> None:
    client = client_of(tess)
    url = f"/api/v1/jobs/{job.pk}/notes/"
    add_cell(tess, job, 100, 100, 30, 30, SEG)
    added = next(iter(labels_of(Job.objects.get(pk=job.pk)).added))
    for body in (
        {"kind": "teach", "row": 44},
        {"kind": "teach", "added": added},
        {"kind": "comment", "row": 2, "text": "?"},
    ):
        assert client.post(url, body, format="json").status_code == 201
    page = client.get(f"/api/v1/jobs/{job.pk}/gallery/?noted=teach").json()
    assert [(r["row"], r["added"]) for r in page["rows"]] == [(None, added), (44, None)] and page["n"] == 2
    note = client.get(url).json()[0]
    assert client.delete(f"/api/v1/notes/{note['id']}/").json()["removed"] is True
    assert client.get(f"/api/v1/jobs/{job.pk}/gallery/?noted=teach").json()["n"] == 1
    assert client.post(f"/api/v1/notes/{note['id']}/restore/").json()["removed"] is False


def test_what_was_undone_is_done_again_in_order_until_something_new_is_done(job: Any, tess: Any, paul: Any) -> None:
    label_cells(tess, job, "reject", [40], [], None, 0)
    label_cells(tess, job, "relabel", [41], [], LYMPH, 1)
    undo(tess, job)
    undo(tess, job)
    assert redo(tess, job).rows == [40]
    assert redo(tess, job).rows == [41]
    with pytest.raises(Conflict, match="no undone change"):
        redo(tess, job)
    job.refresh_from_db()
    assert {row: label.state for row, label in labels_of(job).rows.items()} == {40: "rejected", 41: "relabelled"}
    undo(tess, job)
    assert redo(tess, job).rows == [41], "what was redone is undone and redone again"
    undo(tess, job)
    label_cells(tess, job, "confirm", [45], [], None, 9)
    with pytest.raises(Conflict, match="no undone change"):
        redo(tess, job)
    with pytest.raises(Conflict, match="no undone change"):
        redo(paul, job)


def test_an_added_cell_comes_back_by_redo_and_nobodys_newer_label_is_replaced(job: Any, tess: Any, paul: Any) -> None:
    client = client_of(tess)
    add_cell(tess, job, 100, 100, 30, 30, SEG)
    undo(tess, job)
    answer = client.post(f"/api/v1/jobs/{job.pk}/labels/redo/").json()
    assert len(answer["added"]) == 1 and answer["redone"] == {"action": "added", "n": 1}
    label_cells(tess, job, "reject", [40], [], None, answer["revision"])
    undo(tess, job)
    label_cells(paul, job, "confirm", [40], [], None, answer["revision"] + 2)
    with pytest.raises(Conflict):
        redo(tess, job)


def test_an_outline_gives_its_cells_and_their_counts_alone(job: Any, tess: Any) -> None:
    client = client_of(tess)
    all_rows = client.get(f"/api/v1/jobs/{job.pk}/gallery/?limit=100").json()["rows"]
    here = [r for r in all_rows if 600 < r["x"] < 900]
    outline = "600,0 900,0 900,768 600,768"
    url = f"/api/v1/jobs/{job.pk}"
    page = client.get(f"{url}/gallery/", {"within": outline, "limit": 100}).json()
    assert {r["row"] for r in page["rows"]} == {r["row"] for r in here} and page["n"] == len(here)
    white = client.get(f"{url}/gallery/", {"within": outline, "classes": f"{SEG},{LYMPH}", "limit": 100}).json()
    assert {r["class"] for r in white["rows"]} == {SEG, LYMPH}
    sure = client.get(f"{url}/gallery/", {"within": outline, "least": 0.95}).json()
    assert sure["n"] == 0
    counts = client.get(f"{url}/counts/within/", {"within": outline}).json()
    assert counts["n"] == len(here) and counts["area_mm2"] == pytest.approx(300 * 768 * (0.25 / 1000) ** 2)
    shares = {c["class"]: c for c in counts["classes"]}
    nucleated = [r for r in here if r["class"] in (SEG, LYMPH, NRBC)]
    lymph = sum(r["class"] == LYMPH for r in here)
    assert shares[LYMPH]["count"] == lymph
    assert shares[LYMPH]["value"] == pytest.approx(100 * lymph / len(nucleated), abs=0.001)
    assert shares[LYMPH]["low"] < shares[LYMPH]["value"] < shares[LYMPH]["high"]
    for wrong in ("1,2 3,4", "a,b c,d e,f", "1,2 3,4 nan,1", ""):
        assert client.get(f"{url}/counts/within/", {"within": wrong}).status_code == 400


def test_a_region_is_analysed_by_itself_and_never_reported_unasked(job: Any, tess: Any) -> None:
    slide = job.slide
    client = client_of(tess)
    for region in ([0, 0, 5000, 100], [0, 0, 20, 20]):
        answer = client.post(f"/api/v1/slides/{slide.pk}/jobs/", {"region": region}, format="json")
        assert answer.status_code == 400, answer.json()
    order = client.post(f"/api/v1/slides/{slide.pk}/jobs/", {"region": [100, 100, 400, 300]}, format="json").json()
    assert order["region"] == [100, 100, 400, 300]
    assert Record.objects.get(action="job.requested").detail["region"] == [100, 100, 400, 300]
    assert latest_job(slide) == job, "what is read stays in view"
    ReportedAnalysis.objects.filter(slide=slide).delete()
    claimed = runservices.claim(order["id"], "worker")
    assert claimed is not None and claimed.region == (100, 100, 400, 300)
    table = factories.cells({"segmented_neutrophil": 2})
    result = factories.finished_job(slide, table)
    ReportedAnalysis.objects.filter(slide=slide).delete()
    assert runservices.finish(claimed, partial=False, cells=2, cells_sha256=result.cells_sha256)
    assert not ReportedAnalysis.objects.filter(slide=slide).exists()


def test_notes_of_a_case_that_is_hidden_are_hidden(job: Any, tess: Any, tmp_path: Path) -> None:
    note = cellnotes.note_cell(tess, job, "comment", 40, "", "Look again")
    job.slide.case.restricted = True
    job.slide.case.save()
    stranger = client_of(factories.person("technologist"))
    assert stranger.get(f"/api/v1/jobs/{job.pk}/notes/").status_code == 404
    assert stranger.delete(f"/api/v1/notes/{note.pk}/").status_code == 404
