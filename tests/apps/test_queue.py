"""The queue: bells that do not pile up, people in turn, urgent cases first, and a page that shows it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.accounts.errors import Forbidden
from apps.analysis import runservices, services, tasks
from apps.analysis.line import in_line, unrung
from apps.analysis.models import Job
from apps.audit.models import Record
from apps.cases.models import Case
from apps.cases.services import set_urgent
from apps.reports.tasks import sweep as sweep_files
from apps.slides.tasks import convert_slide, import_slide
from apps.slides.tasks import sweep as sweep_slides
from hemaview.config.celery import app
from tests import factories


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    rung: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **how: rung.append((args[0], how)))
    return rung


def order(by: Any, film: Path, accession: str, slides: int = 1) -> list[Job]:
    case = factories.case(by, accession=accession)
    protocol = factories.protocol()
    return [services.request_job(by, factories.slide(case, film), protocol) for _ in range(slides)]


def age(job: Job, seconds: float) -> None:
    Job.objects.filter(pk=job.pk).update(lease=timezone.now() - timedelta(seconds=seconds))


def test_a_waiting_job_is_rung_once_a_lease_interval_and_the_bell_ends_with_it(
    tess: Any, film: Path, bells: Any
) -> None:
    (job,) = order(tess, film, "Q-1")
    for _ in range(40):
        tasks.sweep()
    assert [name for name, _ in bells] == [str(job.pk)]
    assert bells[0][1] == {"queue": "cpu", "expires": settings.JOB_LEASE_S}
    assert Job.objects.get(pk=job.pk).state == "queued"
    age(job, 0.1)
    tasks.sweep()
    tasks.sweep()
    assert len(bells) == 2


def test_a_job_whose_worker_is_gone_is_rung_and_taken(tess: Any, film: Path, bells: Any, settings: Any) -> None:
    settings.JOB_LEASE_S = 20.0
    (job,) = order(tess, film, "Q-1")
    assert runservices.claim(job.pk, "one") is not None
    assert unrung() == []
    for seconds, rung in ((1, True), (12, False), (22, True), (33, False)):
        age(job, seconds)
        assert (unrung() == [str(job.pk)]) is rung, seconds


def test_people_take_turns_however_many_jobs_one_of_them_orders(tess: Any, paul: Any, film: Path) -> None:
    many = order(tess, film, "Q-1", 4)
    few = order(paul, film, "Q-2", 2)
    assert in_line() == [many[0], few[0], many[1], few[1], many[2], many[3]]
    runservices.claim(many[0].pk, "one")
    assert in_line() == [few[0], many[1], few[1], many[2], many[3]]


def test_urgent_cases_go_first_and_whoever_said_so_is_in_the_record(tess: Any, paul: Any, film: Path, api: Any) -> None:
    first, last = order(tess, film, "Q-1")[0], order(tess, film, "Q-2")[0]
    stranger = factories.person("researcher")
    with pytest.raises(Forbidden):
        set_urgent(stranger, last.slide.case, True)
    answer = api(tess).post("/api/v1/cases/Q-2/urgent/", {"urgent": True}, format="json")
    assert answer.status_code == 200 and answer.json()["urgent"] is True
    assert in_line() == [last, first]
    line = Record.objects.get(action="case.urgent")
    assert (line.actor, line.accession, line.detail) == ("tess", "Q-2", {"before": False, "after": True})


def test_a_bell_takes_what_is_next_in_line_and_not_what_rang_it(
    tess: Any, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.analysis import worker

    first, urgent = order(tess, film, "Q-1")[0], order(tess, film, "Q-2")[0]
    set_urgent(tess, urgent.slide.case, True)
    ids: list[str] = []
    monkeypatch.setattr(worker, "_run", lambda job, sink: ids.append(str(job.pk)))
    for _ in range(3):
        tasks.run_job(str(first.pk))
    assert ids == [str(urgent.pk), str(first.pk)]


def test_sweeps_imports_and_analyses_have_queues_of_their_own() -> None:
    names = {task: app.amqp.router.route({}, task.name)["queue"].name for task in
             (tasks.sweep, sweep_slides, sweep_files, import_slide, convert_slide, tasks.run_job)}  # fmt: skip
    assert list(names.values()) == ["bells", "bells", "bells", "imports", "imports", "cpu"]


def test_the_queue_is_seen_by_administrators_without_the_names_of_restricted_cases(tess: Any, film: Path) -> None:
    ada = factories.person("administrator", "ada")
    running, waiting = order(tess, film, "Q-SEEN")[0], order(tess, film, "Q-SECRET")[0]
    runservices.claim(running.pk, "worker-7")
    Case.objects.filter(pk=waiting.slide.case_id).update(restricted=True)
    client = Client()
    client.force_login(ada)
    page = client.get("/queue/").content.decode()
    assert "Q-SEEN" in page and "worker-7" in page and "Q-SECRET" not in page and "No worker is running" in page
    assert client.post("/queue/", {"accession": "Q-SECRET", "urgent": "1"}).status_code == 404
    client.force_login(tess)
    assert client.get("/queue/").status_code == 403


def test_an_administrator_cancels_runs_again_and_makes_urgent_from_the_queue(tess: Any, film: Path) -> None:
    ada = factories.person("administrator", "ada")
    job = order(tess, film, "Q-1")[0]
    client = Client()
    client.force_login(ada)
    client.post("/queue/", {"accession": "Q-1", "urgent": "1"})
    assert Case.objects.get(accession="Q-1").urgent
    page = client.post("/queue/", {"act": "cancel", "job": str(job.pk)}, follow=True).content.decode()
    assert Job.objects.get(pk=job.pk).state == "cancelled" and "Cancelled" in page
    Job.objects.filter(pk=job.pk).update(state="failed", reason="The file is damaged.", advice="Bring it in again.")
    page = client.get("/queue/").content.decode()
    assert "The file is damaged." in page and "Bring it in again." in page
    client.post("/queue/", {"act": "retry", "job": str(job.pk)})
    assert Job.objects.get(pk=job.pk).state == "requested"
    for body in ({"act": "retry", "job": str(job.pk)}, {"act": "?", "job": str(job.pk)}):
        page = client.post("/queue/", body, follow=True).content.decode()
        assert 'role="alert"' in page
    assert client.post("/queue/", {"act": "cancel", "job": "x"}).status_code == 404
