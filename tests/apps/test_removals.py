"""A slide with results removed, and a case deleted: what would go, what goes, what stays, and what the record keeps."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from guardian.models import UserObjectPermission

from apps.accounts import stores
from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis.models import Job, ReportedAnalysis
from apps.analysis.services import retry
from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.sentences import sentence
from apps.audit.services import verify
from apps.cases.models import Case
from apps.cases.services import create_case, set_comment, set_rights, update_case
from apps.reports.models import Report
from apps.reports.removals import Loss, delete_case, loss_of_case, loss_of_slide, remove_slide
from apps.reports.services import amend, sign
from apps.reports.strays import _changed, sweep_removed
from apps.reports.tasks import sweep as sweep_files
from apps.review.analyses import choose
from apps.review.annotations import annotate
from apps.review.cellnotes import note_cell
from apps.review.hbf import mark_hbf
from apps.review.models import LabelEvent, Reading
from apps.review.secondreading import order_second_reading, withdraw_second_reading
from apps.review.services import add_cell, label_cells, redo, undo
from apps.slides.models import Slide, Upload
from apps.slides.services import delete_slide
from hemaview.tiles import KeptTiles
from tests import factories
from tests.apps.test_reports import see_all

ERYTHROBLAST = 58


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    settings.SLIDES_DIR, settings.RESULTS_DIR = tmp_path / "slides", tmp_path / "results"
    settings.TILE_CACHE_DIR = tmp_path / "tiles"
    settings.UPLOADS_DIR, settings.REPORTS_DIR = tmp_path / "uploads", tmp_path / "reports"


@pytest.fixture
def ada(db: Any) -> Any:
    return factories.person("administrator", "ada")


def work_on(job: Job, by: Any) -> None:
    """Something of every kind that people leave on an analysis."""
    label_cells(by, job, "relabel", [2], [], "lymphocyte", 0)
    undo(by, job)
    redo(by, job)
    label_cells(by, job, "confirm", [ERYTHROBLAST], [], None, 3)
    mark_hbf(by, job, "positive", ERYTHROBLAST)
    added = add_cell(by, job, 50, 50, 20, 20, "lymphocyte").added[0]
    note_cell(by, job, "comment", None, added, "large")
    annotate(by, job.slide, "point", [[5, 5]], "here")


def test_a_slide_is_removed_with_its_analyses_and_the_record_keeps_what_it_was(
    job: Job, tess: Any, api: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    slide, case = job.slide, job.slide.case
    tile = KeptTiles(settings.TILE_CACHE_DIR, 100).place(slide.pk.hex, "stamp", 0, 0, 0)
    tile.parent.mkdir(parents=True)
    tile.write_bytes(b"kept")
    work_on(job, tess)
    choose(tess, factories.finished_job(slide))  # which carries the labels over
    address = f"/api/v1/slides/{slide.pk}/removal/"
    would_go = api(tess).get(address).json()
    assert (would_go["analyses"], would_go["comments"], would_go["annotations"]) == (2, 1, 1)
    assert would_go["labels"] == 6, "three of each analysis"
    assert stores.slides().exists(f"{slide.pk}/thumbnail.jpg") and stores.results().exists(job.cells_name)
    with django_capture_on_commit_callbacks() as after:
        answer = api(tess).post(address, {"reason": " Wrong patient "}, format="json")
    assert (answer.status_code, answer.json()) == (200, would_go), answer.content
    assert not (
        Slide.objects.exists() or Job.objects.exists() or Reading.objects.exists() or LabelEvent.objects.exists()
    )
    assert stores.results().exists(job.cells_name), "files go once the rows are gone for good"
    for callback in after:
        callback()
    assert not list(stores.results().names()) and not list(stores.slides().names()) and not tile.exists()
    line = Record.objects.get(action="slide.removed")
    assert (line.actor, line.object_id, line.accession) == ("tess", str(slide.pk), case.accession)
    assert line.detail["sha256"] == slide.sha256 and line.detail["labels"] == 6 and len(line.detail["jobs"]) == 2
    assert sentence(line) == "tess removed a slide with 2 analyses and 6 labels: “Wrong patient”."
    assert verify().ok
    before, case = case.updated_at, Case.objects.get(pk=case.pk)
    assert case.updated_at > before, "the pages that show the case read it again"


def test_a_slide_with_results_is_not_removed_without_a_reason(job: Job, tess: Any, api: Any) -> None:
    with pytest.raises(Refusal, match="Say why") as refused:
        remove_slide(tess, job.slide, " \n")
    assert refused.value.code == "no-reason"
    assert api(tess).post(f"/api/v1/slides/{job.slide_id}/removal/", {}, format="json").status_code == 400
    answer = api(tess).delete(f"/api/v1/slides/{job.slide_id}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "slide-analysed")
    assert Slide.objects.exists() and not Record.objects.filter(action__startswith="slide.re").exists()


def test_what_stands_in_a_signed_report_stays(job: Job, tess: Any, paul: Any, ada: Any, film: Path) -> None:
    case = job.slide.case
    spare = factories.slide(case, film)
    see_all(paul, job)
    sign(paul, case, factories.PASSWORD, "Reviewed", reason="The other slide is a spare one")
    with pytest.raises(Conflict) as refused:
        remove_slide(tess, spare, "spare")
    assert refused.value.code == "case-locked"
    amend(paul, case, "A second look")
    for refuse in (lambda: remove_slide(tess, job.slide, "wrong"), lambda: loss_of_slide(tess, job.slide)):
        with pytest.raises(Conflict, match="signed report") as refused:
            refuse()
        assert refused.value.code == "slide-signed"
    assert remove_slide(tess, spare, "spare") == Loss(1, 0, 0, 0, 0)
    for refuse in (lambda: delete_case(ada, case, case.accession, "wrong"), lambda: loss_of_case(ada, case)):
        with pytest.raises(Conflict, match="archive instead") as refused:
            refuse()
        assert refused.value.code == "case-signed"
    assert Report.objects.count() == 1 and Job.objects.get() == job


def test_nothing_is_removed_while_somebody_or_something_is_at_it(job: Job, tess: Any, paul: Any, ada: Any) -> None:
    slide, case = job.slide, job.slide.case

    def code(of: Any) -> str:
        with pytest.raises(Conflict) as refused:
            of()
        return refused.value.code

    def both() -> set[str]:
        return {
            code(lambda: remove_slide(tess, slide, "wrong")),
            code(lambda: delete_case(ada, case, case.accession, "wrong")),
        }

    Case.objects.filter(pk=case.pk).update(signing_key="x", signing_until=timezone.now() + timedelta(seconds=60))
    assert both() == {"being-signed"}
    Case.objects.filter(pk=case.pk).update(signing_key="")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    assert both() == {"slide-analysed"}
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    Slide.objects.filter(pk=slide.pk).update(conversion="running", conversion_beat=timezone.now())
    assert both() == {"converting"}
    Slide.objects.filter(pk=slide.pk).update(conversion="")
    order_second_reading(tess, case, paul, True)
    assert both() == {"second-reading-open"}
    withdraw_second_reading(tess, case)
    assert remove_slide(tess, slide, "wrong").analyses == 1


def test_who_may_remove_and_delete(job: Job, tess: Any, paul: Any, ada: Any) -> None:
    case = job.slide.case
    rosa = factories.person("researcher", "rosa")
    for person, remove in ((ada, remove_slide), (rosa, remove_slide)):
        with pytest.raises(Forbidden):
            remove(person, job.slide, "wrong")
    for person in (tess, paul, rosa):
        with pytest.raises(Forbidden):
            delete_case(person, case, case.accession, "wrong")
    case = update_case(ada, case, restricted=True)
    set_rights(ada, case, ada, set())
    with pytest.raises(Missing):
        delete_case(ada, case, case.accession, "wrong")


def test_a_case_is_deleted_once_its_number_is_typed_and_the_number_is_free_again(
    job: Job, tess: Any, ada: Any, api: Any, django_capture_on_commit_callbacks: Any
) -> None:
    case, key = job.slide.case, str(job.slide.case.pk)
    work_on(job, tess)
    set_rights(ada, case, tess, {"view", "sign"})
    upload = Upload.objects.create(case=case, owner=tess, name="late.tif", length=2)
    stores.uploads().put(str(upload.pk), b"1")
    address = f"/api/v1/cases/{case.accession}/deletion/"
    would_go = api(ada).get(address).json()
    assert would_go == {"slides": 1, "analyses": 1, "labels": 3, "comments": 1, "annotations": 1}
    wrong = api(ada).post(address, {"reason": "Entered twice", "accession": "T-2"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "other-accession") and Case.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        body = {"reason": "Entered twice", "accession": case.accession}
        answer = api(ada).post(address, body, format="json")
    assert (answer.status_code, answer.json()) == (200, would_go), answer.content
    assert not (Case.objects.exists() or Slide.objects.exists() or Job.objects.exists() or Upload.objects.exists())
    assert not UserObjectPermission.objects.filter(object_pk=key).exists()
    for store in (stores.slides(), stores.results(), stores.uploads()):
        assert not list(store.names())
    line = Record.objects.get(action="case.deleted")
    assert (
        line.detail["removed"] == [{"slide": str(job.slide_id), "sha256": job.slide.sha256, "jobs": [str(job.pk)]}]
        and line.detail["restricted"] is False
    )
    assert sentence(line) == "ada deleted the case with 1 slide, 1 analysis and 3 labels: “Entered twice”."
    again = create_case(tess, case.accession)
    assert Record.objects.filter(action="case.created")[0].detail["used_before"] is True
    assert again.pk != case.pk and verify().ok


def test_an_accession_number_that_nobody_used_is_not_said_to_have_been(tess: Any) -> None:
    create_case(tess, "N-1")
    assert "used_before" not in Record.objects.get(action="case.created").detail


def test_what_only_named_people_knew_of_stays_among_them_when_the_case_is_deleted(
    slide: Any, tess: Any, ada: Any
) -> None:
    case, other = slide.case, factories.person("administrator", "agnes")
    set_comment(tess, case, "A word that few may read")
    update_case(ada, case, restricted=True)
    delete_case(ada, case, case.accession, "Entered twice")
    create_case(tess, case.accession)
    seen = records_for(other).filter(accession=case.accession)
    assert [line.action for line in seen] == ["case.created"]
    assert records_for(ada).filter(action="case.comment").exists()


def test_a_write_that_comes_after_a_removal_is_told_so(job: Job, tess: Any, ada: Any) -> None:
    case, slide = job.slide.case, job.slide
    work_on(job, tess)
    remove_slide(tess, slide, "wrong")
    for write in (
        lambda: label_cells(tess, job, "confirm", [0], [], None, 0),
        lambda: note_cell(tess, job, "comment", 0, "", "late"),
        lambda: annotate(tess, slide, "point", [[5, 5]], "late"),
        lambda: choose(tess, job),
        lambda: retry(tess, job),
        lambda: remove_slide(tess, slide, "wrong"),
    ):
        with pytest.raises(Missing):
            write()
    delete_case(ada, case, case.accession, "wrong")
    for write in (lambda: set_comment(tess, case, "late"), lambda: delete_case(ada, case, case.accession, "wrong")):
        with pytest.raises(Missing) as refused:
            write()
        assert refused.value.code == "case-gone"


def test_a_case_whose_only_cells_were_removed_waits_for_an_analysis_again(job: Job, tess: Any, tmp_path: Path) -> None:
    case = job.slide.case
    Case.objects.filter(pk=case.pk).update(state=Case.State.IN_REVIEW)
    other = factories.slide(case, tmp_path)
    remove_slide(tess, Slide.objects.get(pk=job.slide_id), "Wrong patient")
    assert Case.objects.get(pk=case.pk).state == Case.State.RECEIVED and case.slides.get() == other
    line = Record.objects.filter(action="case.state").latest("pk")
    assert (line.detail["before"], line.detail["after"]) == ("in-review", "received")


def test_a_case_that_keeps_cells_stays_in_review(job: Job, tess: Any, tmp_path: Path) -> None:
    case = job.slide.case
    Case.objects.filter(pk=case.pk).update(state=Case.State.IN_REVIEW)
    other = factories.slide(case, tmp_path)
    factories.finished_job(other)
    remove_slide(tess, Slide.objects.get(pk=job.slide_id), "Blurred")
    assert Case.objects.get(pk=case.pk).state == Case.State.IN_REVIEW


def _aged(*folders: Path, hours: float) -> None:
    """As if everything in them had been put there so many hours ago."""
    for path in (path for folder in folders for path in (folder, *folder.rglob("*"))):
        os.utime(path, (time.time() - 3600 * hours,) * 2)


@pytest.mark.parametrize("how", ["the slide", "the case", "a slide without results"])
def test_files_that_a_crash_right_after_a_removal_leaves_are_swept_hours_later(
    how: str, job: Job, tess: Any, ada: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The callbacks that delete files never run here: as where the process is killed once the rows are gone."""
    monkeypatch.setattr("apps.reports.strays._change_of", lambda stat: stat.st_mtime)  # nobody can set the other time
    slide, folders = job.slide, (job.slide.folder, job.folder)
    tile = KeptTiles(settings.TILE_CACHE_DIR, 100).place(slide.pk.hex, "stamp", 0, 0, 0)
    tile.parent.mkdir(parents=True)
    tile.write_bytes(b"kept")
    _aged(*folders, hours=7)
    assert sweep_removed() == 0 and all(folder.is_dir() for folder in folders), "they have their rows"
    if how == "the case":
        delete_case(ada, slide.case, slide.case.accession, "wrong")
    elif how == "the slide":
        remove_slide(tess, slide, "wrong")
    else:
        ReportedAnalysis.objects.all().delete()
        Job.objects.filter(pk=job.pk).update(cells_sha256="", state=Job.State.FAILED)
        delete_slide(tess, slide)
    assert not Slide.objects.exists() and all(folder.is_dir() for folder in folders)
    (job.folder / "part-0.arrow").write_bytes(b"of a worker that does not know yet")
    assert sweep_removed() == 1 and job.folder.is_dir() and not slide.folder.exists() and not tile.exists()
    _aged(job.folder, hours=5)
    assert sweep_removed() == 0
    _aged(job.folder, hours=7)
    sweep_files()
    assert not job.folder.exists()


def test_what_the_record_does_not_say_was_removed_is_never_swept(
    job: Job, tess: Any, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a house that is connected to another database, or that is being restored; and a slide that is just coming in."""
    monkeypatch.setattr("apps.reports.strays._change_of", lambda stat: stat.st_mtime)
    slide = job.slide
    removed = factories.slide(slide.case, film)
    remove_slide(tess, removed, "wrong")
    elsewhere = stores.slides().folder / "not-a-slide"  # type: ignore[attr-defined]
    elsewhere.mkdir()
    coming = stores.slides().folder / str(uuid.uuid4())  # type: ignore[attr-defined]
    coming.mkdir()
    ReportedAnalysis.objects.all().delete()
    Job.objects.all().delete()
    Slide.objects.all().delete()
    _aged(slide.folder, job.folder, removed.folder, elsewhere, coming, hours=99)
    assert sweep_removed() == 1 and not removed.folder.exists()
    assert all(folder.is_dir() for folder in (slide.folder, job.folder, elsewhere, coming))


def test_files_that_were_put_there_lately_are_young_whatever_time_they_carry(tmp_path: Path) -> None:
    (tmp_path / "moved-here").touch()
    _aged(tmp_path, hours=99)
    assert _changed(tmp_path) > time.time() - 60
