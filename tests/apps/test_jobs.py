"""Jobs that survive: claimed once, taken over, superseded, cancelled, retried."""

from __future__ import annotations

import contextlib
import errno
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.errors import Conflict
from apps.analysis import runservices, services, worker
from apps.analysis.api.serializers import eta_s
from apps.analysis.line import unrung
from apps.analysis.models import Job, Protocol, ReportedAnalysis
from apps.analysis.modelservices import sync_models
from apps.analysis.selectors import protocol_named
from apps.cases.models import Case
from apps.reports import services as reports
from apps.reports.manifest import verify as verify_report
from hemaview.assays import assay
from hemaview.cells.transport import pack
from hemaview.inference import BadPicture, NoDevice, OutOfMemory, UnknownModel, WeightsChanged
from hemaview.pipeline import Cancelled, Outcome, PipelineError
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.wsi.errors import TooLarge, Unreadable
from tests import factories


@pytest.fixture
def requested(slide: Any, tess: Any) -> Job:
    factories.protocol()
    return services.request_job(tess, slide, factories.protocol())


def outcome(**changes: Any) -> Outcome:
    facts = {
        "cells": 3, "fields_done": 2, "fields_total": 2, "partial": False, "cells_sha256": "a" * 64,
        "contours_sha256": "b" * 64, "notes": (),
    }  # fmt: skip
    return Outcome(**{**facts, **changes})


def test_a_job_is_claimed_once_however_often_the_message_comes(requested: Job) -> None:
    assert runservices.claim(requested.pk, "one") is not None
    assert runservices.claim(requested.pk, "two") is None
    assert runservices.claim(requested.pk, "one") is None


def test_a_protocol_waits_once_for_a_slide_and_another_of_the_same_examination_beside_it(
    requested: Job, tess: Any
) -> None:
    with pytest.raises(
        Conflict, match=r"already being analysed with .*; wait until that analysis has ended, or cancel it"
    ):
        services.request_job(tess, requested.slide, requested.protocol)
    other = Protocol.objects.create(
        name="blood-film-quick", version=1, title="Quick", assay="blood_film", specimen="blood-film",
        settings=requested.protocol.settings,
    )  # fmt: skip
    second = services.request_job(tess, requested.slide, other)
    claimed = [runservices.claim(job.pk, "one") for job in (requested, second)]
    assert all(claimed)
    for job in (claimed[1], claimed[0]):
        assert job is not None and runservices.finish(job, partial=False, cells=1, cells_sha256="x" * 64)
    assert ReportedAnalysis.objects.get(slide=requested.slide).job_id == second.pk, "the first that ended"
    assert Case.objects.get(pk=requested.slide.case_id).state == Case.State.IN_REVIEW


def test_a_lapsed_lease_is_taken_over_and_the_first_worker_can_write_nothing_more(requested: Job) -> None:
    first = runservices.claim(requested.pk, "one")
    assert first is not None
    Job.objects.filter(pk=first.pk).update(lease=timezone.now() - timedelta(seconds=1))
    assert str(first.pk) in unrung()
    second = runservices.claim(requested.pk, "two")
    assert second is not None and second.attempt == first.attempt + 1
    assert not runservices.renew(first)
    assert not runservices.note_progress(first, fields_done=1)
    assert not runservices.finish(first, partial=False, cells=1, cells_sha256="x" * 64)
    assert runservices.renew(second)


def test_a_finished_job_puts_its_case_in_review_and_a_second_message_does_nothing(
    requested: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    monkeypatch.setattr(worker, "run", lambda request, sink: runs.append(request) or outcome())
    job = worker.work(str(requested.pk))
    assert job is not None and job.state == Job.State.DONE and job.percent == 100
    assert runs[0].attempt == job.attempt == 1, "which no later one's files are written by"
    assert Case.objects.get(pk=requested.slide.case_id).state == Case.State.IN_REVIEW
    assert worker.work(str(requested.pk)) is None
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OutOfMemory("The model ran out of memory even with half its batch."), "out-of-memory", "smaller region"),
        (MemoryError(), "out-of-memory", "more memory"),
        (RuntimeError("CUDA error: out of memory"), "out-of-memory", "HEMAVIEW_DEVICE=cpu"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out-of-memory", "smaller region"),
        (Unreadable("The picture data of this slide are damaged."), "unreadable", "another, undamaged file"),
        (BadPicture("A picture has height, width and 1 to 4 channels."), "unreadable", "another file"),
        (TooLarge("This slide has more pixels than are read."), "too-large", "a region of the slide"),
        (UnknownModel("There is no model called some-net."), "model-missing", "manage.py setup"),
        (WeightsChanged("The weights file of some-net 1 is damaged."), "weights-changed", "install the weights anew"),
        (NoDevice("HEMAVIEW_DEVICE may be cpu or cuda, not gpu."), "no-device", "change HEMAVIEW_DEVICE"),
        (PipelineError("No field can be counted.", "Import another part.", "no-field"), "no-field", "another part"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full", "free space"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "file-gone", "restore its file"),
        (OSError(errno.EIO, "Input/output error"), "disk", "check the disk"),
        (RuntimeError("boom"), "fault", "worker's log"),
    ],
)
def test_a_failed_job_says_what_a_person_can_do_and_can_be_tried_again(
    error: Exception, code: str, words: str, requested: Job, tess: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: Any, sink: Any) -> Outcome:
        raise error

    monkeypatch.setattr(worker, "run", fail)
    failed = worker.work(str(requested.pk))
    assert failed is not None and failed.state == Job.State.FAILED
    assert failed.reason.endswith(".") and words in failed.advice and failed.code == code
    assert ("setup" in failed.advice) == (code in ("model-missing", "weights-changed"))
    assert api(tess).get(f"/api/v1/jobs/{requested.pk}/").json()["code"] == code
    again = services.retry(tess, failed)
    assert again.state == Job.State.REQUESTED and (again.code, again.reason) == ("", "")


def test_a_worker_that_dies_on_one_field_again_and_again_is_given_up_with_a_reason(requested: Job) -> None:
    for attempt in range(runservices.MAX_STALLED):
        assert runservices.claim(requested.pk, f"w{attempt}") is not None
        Job.objects.filter(pk=requested.pk).update(lease=timezone.now() - timedelta(seconds=1))
    assert runservices.claim(requested.pk, "last") is None
    requested.refresh_from_db()
    assert requested.state == Job.State.FAILED and "same field" in requested.reason


def test_a_worker_that_dies_on_a_later_field_is_given_up_too_though_each_reads_back_the_earlier_ones(
    requested: Job,
) -> None:
    for attempt in range(runservices.MAX_STALLED + 1):
        claimed = runservices.claim(requested.pk, f"w{attempt}")
        assert claimed is not None
        for done in range(1, 4):  # the fourth field ends it
            runservices.note_progress(claimed, fields_done=done, fields_total=10, cells=100 * done, percent=10.0 * done)
            requested.refresh_from_db()
            assert (requested.fields_done, requested.cells, requested.percent) == (
                (done, 100 * done, 10.0 * done) if not attempt else (3, 300, 30.0)
            ), "what was reached does not go back"
        runservices.note_progress(claimed, fields_total=2)
        Job.objects.filter(pk=requested.pk).update(lease=timezone.now() - timedelta(seconds=1))
    assert runservices.claim(requested.pk, "last") is None
    requested.refresh_from_db()
    assert requested.state == Job.State.FAILED and "same field" in requested.reason and requested.fields_total == 3


def test_a_run_that_is_planned_anew_at_another_scale_begins_at_nothing(requested: Job, tess: Any) -> None:
    place = PlannedField(0, 0, 0, 99, 99, tissue=1, focus=1, single_ratio=1, score=1, used=True)
    for attempt, mpp in enumerate((0.25, 0.25, 0.5)):
        claimed = runservices.claim(requested.pk, f"w{attempt}")
        assert claimed is not None
        sink = worker.JobSink(claimed)
        sink.planned(Plan(mpp, "slide", None, [place]), "CPU")
        requested.refresh_from_db()
        assert requested.fields_done == (0, 1, 0)[attempt] and requested.mpp == mpp
        sink.field_done(1, 1, 5)
        Job.objects.filter(pk=requested.pk).update(lease=timezone.now() - timedelta(seconds=1))


def test_cancelling_a_waiting_job_ends_it_and_a_running_one_is_asked(requested: Job, tess: Any) -> None:
    assert services.cancel(tess, requested).state == Job.State.CANCELLED
    again = services.retry(tess, requested)
    claimed = runservices.claim(again.pk, "w")
    assert claimed is not None
    assert services.cancel(tess, claimed).state == Job.State.RUNNING
    assert runservices.cancel_requested(claimed)
    runservices.finish(claimed, partial=True, cells=5, cells_sha256="c" * 64)
    claimed.refresh_from_db()
    assert claimed.state == Job.State.CANCELLED and claimed.partial and claimed.cells == 5


def test_a_model_that_is_switched_off_is_refused_by_name(slide: Any, tess: Any) -> None:
    card = {"name": "some-net", "version": "1", "sha256": "d" * 64, "title": "Some net", "task": "t",
            "summary": "", "source": "", "card": {}, "text": ""}  # fmt: skip
    models = [{**card, "name": name} for name in assay("blood_film").orders[0].models.values()]
    assert any("protocol" in line for line in sync_models(models))
    assert sync_models(models) == []
    from apps.analysis.models import ModelVersion

    ModelVersion.objects.filter(algorithm__name="cell-kind-net").update(enabled=False)
    with pytest.raises(Exception, match="cell-kind-net 1 is switched off"):
        services.request_job(tess, slide, protocol_named("blood-film"))
    changed = [{**r, "version": "2", "sha256": "e" * 64} for r in models]
    sync_models(changed)
    assert protocol_named("blood-film").version == 2


def test_a_threshold_of_a_protocol_goes_with_the_job_and_one_that_nothing_asks_for_is_refused(
    slide: Any, tess: Any
) -> None:
    card = {"name": "some-net", "version": "1", "sha256": "d" * 64, "title": "Some net", "task": "t",
            "summary": "", "source": "", "card": {}, "text": ""}  # fmt: skip
    sync_models([{**card, "name": name} for name in assay("blood_film").orders[0].models.values()])
    film = protocol_named("blood-film")
    nucleated = film.models.get(role="nucleated-cell")
    nucleated.threshold = 0.02
    nucleated.full_clean()
    nucleated.save()
    assert services.request_job(tess, slide, film).frozen["thresholds"] == {"nucleated-cell": 0.02}
    nucleated.threshold = 1.5
    with pytest.raises(ValidationError, match="between 0 and 1"):
        nucleated.full_clean()
    kind = film.models.get(role="kind")
    kind.threshold = 0.5
    with pytest.raises(ValidationError, match="takes no threshold"):
        kind.full_clean()
    for tolerance, good in ((0.01, True), (0, False), ("1e-3", False)):
        film.settings["tolerance"] = tolerance
        with contextlib.nullcontext() if good else pytest.raises(ValidationError, match="a number from 1e-09 to 1"):
            film.full_clean()


def test_progress_over_http_tells_field_cells_and_time_left(requested: Job, tess: Any, api: Any) -> None:
    claimed = runservices.claim(requested.pk, "w")
    assert claimed is not None
    runservices.note_progress(claimed, fields_total=10, fields_done=4, cells=321, percent=42.0)
    answer = api(tess).get(f"/api/v1/jobs/{requested.pk}/").json()
    assert (answer["state"], answer["fields_done"], answer["fields_total"], answer["cells"]) == ("running", 4, 10, 321)
    assert answer["eta_s"] is not None


def test_while_a_job_runs_a_cell_that_two_photographs_show_is_sent_by_the_one_that_counts_it(
    requested: Job, tess: Any, api: Any
) -> None:
    table = factories.cells({"normal": 40})
    middle = int(np.median(table.x))
    shared = [[[middle, 0], [9999, 0], [9999, 9999], [middle, 9999]]]
    place = PlannedField(
        0, 0, 0, 9999, 9999, tissue=1, focus=1, single_ratio=1, score=1, used=True, photo=True, film=[0, 0, 0],
        elsewhere=shared,
    )  # fmt: skip
    assert runservices.claim(requested.pk, "w") is not None
    folder = RunFolder(requested.folder)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.keep_plan(Plan(0.25, "file", None, [place]))
    folder.keep_field(0, table)
    sent = api(tess).get(f"/api/v1/jobs/{requested.pk}/fields/0/cells.bin").content
    own = int((table.x < middle).sum())
    assert 0 < own < len(table) and len(sent) == own * len(pack(table)) // len(table)


def test_a_cancelled_job_whose_worker_died_before_its_first_field_ends_and_is_not_begun_again(
    requested: Job, tess: Any
) -> None:
    assert runservices.claim(requested.pk, "w") is not None
    services.cancel(tess, requested)
    Job.objects.filter(pk=requested.pk).update(lease=timezone.now() - timedelta(hours=1))
    assert runservices.claim(requested.pk, "another") is None
    requested.refresh_from_db()
    assert (requested.state, requested.partial) == (Job.State.CANCELLED, True)


def test_a_job_is_cancelled_while_its_fields_are_still_looked_for(requested: Job, tess: Any) -> None:
    claimed = runservices.claim(requested.pk, "w")
    assert claimed is not None
    sink = worker.JobSink(claimed)
    sink.phase("looking at the fields", 0.1)
    services.cancel(tess, requested)
    with pytest.raises(Cancelled):
        sink.phase("looking at the fields", 0.2)


def test_an_analysis_that_a_signed_report_holds_is_not_run_again_over_its_cells(slide: Any, paul: Any) -> None:
    """One that was cancelled may be signed with a reason: its file is what the report binds, also once it is amended."""
    job = factories.finished_job(slide, factories.cells({"normal": 40, "lymphocyte": 6}))
    Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED, partial=True)
    report = reports.sign(paul, slide.case, factories.PASSWORD, "Reviewed", reason="It is enough.")
    reports.amend(paul, Case.objects.get(pk=slide.case_id), "More cells are wanted")
    with pytest.raises(Conflict, match="order a new analysis instead") as refused:
        services.retry(paul, Job.objects.get(pk=job.pk))
    assert refused.value.code == "job-signed" and verify_report(report).ok


def test_the_time_of_a_run_that_is_tried_again_does_not_hold_the_time_between(requested: Job, tess: Any) -> None:
    claimed = runservices.claim(requested.pk, "w")
    assert claimed is not None
    runservices.fail(claimed, "The worker ran out of memory.", "", "out-of-memory")
    Job.objects.filter(pk=requested.pk).update(started_at=timezone.now() - timedelta(days=3))
    again = runservices.claim(services.retry(tess, Job.objects.get(pk=requested.pk)).pk, "w")
    assert again is not None
    runservices.note_progress(again, fields_done=10, fields_total=20)
    again.refresh_from_db()
    assert (left := eta_s(again)) is not None and left < 60
    runservices.finish(again, partial=False, cells=1, cells_sha256="x" * 64)
    again.refresh_from_db()
    assert again.duration_s is not None and again.duration_s < 60


@pytest.mark.parametrize("end", ["fails", "is given up", "is cancelled"])
def test_what_an_attempt_said_of_the_slide_does_not_stand_beside_the_end_of_a_later_one(
    end: str, requested: Job, tess: Any
) -> None:
    claimed = runservices.claim(requested.pk, "w")
    assert claimed is not None
    guard = {"code": "stain", "sentence": "The stain is unlike any that the model learned from."}
    said = {"notes": ["3 of 4 cells were found."], "guards": [guard]}
    runservices.finish(claimed, partial=True, cells=5, cells_sha256="c" * 64, **said)
    again = services.retry(tess, Job.objects.get(pk=requested.pk))
    assert (again.notes, again.guards, again.duration_s) == ([], [], None)
    Job.objects.filter(pk=again.pk).update(**said)  # as rows of an earlier release have it
    if end == "is given up":
        Job.objects.filter(pk=again.pk).update(stalled=runservices.MAX_STALLED)
        assert runservices.claim(again.pk, "w") is None
    else:
        second = runservices.claim(again.pk, "w")
        assert second is not None
        if end == "fails":
            runservices.fail(second, "The worker ran out of memory.", "Retry.", "out-of-memory")
        else:
            runservices.finish(second, partial=True)
    again.refresh_from_db()
    assert again.state in (Job.State.FAILED, Job.State.CANCELLED) and (again.notes, again.guards) == ([], [])
