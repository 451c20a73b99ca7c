"""The clock of a machine is set back by hours, or on: nothing waits for that long, and nobody works twice for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from apps.accounts import leases, signin
from apps.accounts.models import Failures
from apps.analysis import adaptations, line, runservices
from apps.analysis.models import Adaptation, Algorithm, Job, ModelVersion, WorkerBeat
from apps.analysis.selectors import workers_alive
from apps.cases.models import Case
from apps.cases.services import update_case
from apps.slides.imports import sweep_imports
from apps.slides.models import Slide
from apps.slides.sites import create_site
from apps.slides.tileservices import sweep_conversions
from hemaview.config.beat import Steady
from tests import factories

HOURS = timedelta(hours=2)


@pytest.fixture
def waiting(job: Any, tess: Any) -> Job:
    return Job.objects.create(
        slide=job.slide, protocol=job.protocol, assay=job.assay, frozen=job.frozen, requested_by=tess
    )


def test_a_job_whose_worker_died_before_the_clock_went_back_is_taken_over_at_once(waiting: Job) -> None:
    assert runservices.claim(waiting.pk, "one")
    Job.objects.update(lease=timezone.now() + HOURS)
    assert [j.pk for j in line.in_line()] == [waiting.pk]
    job = runservices.claim(waiting.pk, "two")
    assert job and job.owner == "two" and leases.holds(job.lease, settings.JOB_LEASE_S)
    assert runservices.claim(waiting.pk, "three") is None


def test_a_worker_that_lives_through_it_keeps_its_job_by_renewing(waiting: Job) -> None:
    mine = runservices.claim(waiting.pk, "one")
    assert mine
    Job.objects.filter(pk=waiting.pk).update(lease=timezone.now() + HOURS)
    assert runservices.renew(mine)
    assert runservices.claim(waiting.pk, "two") is None and line.in_line() == []


def test_a_waiting_job_is_rung_again_though_its_bell_would_end_in_hours(waiting: Job) -> None:
    runservices.mark_queued(waiting.pk)
    assert line.unrung() == []
    Job.objects.filter(pk=waiting.pk).update(lease=timezone.now() + HOURS)
    assert line.unrung() == [str(waiting.pk)]


def test_clocks_that_differ_a_little_take_no_job_from_a_worker(waiting: Job) -> None:
    runservices.claim(waiting.pk, "one")
    ahead = timedelta(seconds=settings.JOB_LEASE_S + leases.MOST_SKEW_S / 2)
    Job.objects.filter(pk=waiting.pk).update(lease=timezone.now() + ahead)
    assert runservices.claim(waiting.pk, "two") is None


def test_a_signature_that_began_before_the_clock_went_back_does_not_lock_the_case_for_hours(
    job: Any, tess: Any
) -> None:
    case = job.slide.case
    Case.objects.filter(pk=case.pk).update(signing_key="x", signing_until=timezone.now() + HOURS)
    update_case(tess, Case.objects.get(pk=case.pk), stain="Wright")
    assert Case.objects.get(pk=case.pk).stain == "Wright"


def test_a_teaching_and_the_list_of_workers_follow_the_clock_too(job: Any) -> None:
    base = ModelVersion.objects.create(
        algorithm=Algorithm.objects.create(name="net", title="Net", task="classify"), version="1", sha256="a" * 64
    )
    site = create_site(factories.person("administrator", "ada"), "Ward 3")
    row = Adaptation.objects.create(site=site, assay=job.assay, number=1, base=base, state=Adaptation.State.RUNNING)
    Adaptation.objects.update(lease=timezone.now() + HOURS)
    assert adaptations.TEACHINGS.unheld() == [str(row.pk)]
    WorkerBeat.objects.create(name="w", at=timezone.now() + HOURS)
    assert workers_alive() == []


def test_the_schedule_rings_on_though_its_last_time_lies_ahead() -> None:
    steady = Steady(5.0)
    now: datetime = steady.now()
    assert steady.is_due(now + HOURS)[1] <= 5.0
    assert steady.is_due(now - timedelta(seconds=6))[0]


def test_an_import_and_a_conversion_whose_worker_died_before_that_are_taken_up(slide: Any) -> None:
    Slide.objects.update(status=Slide.Status.IMPORTING, import_beat=timezone.now() + HOURS)
    assert sweep_imports() == [str(slide.pk)]
    Slide.objects.update(import_beat=timezone.now())
    assert sweep_imports() == []
    Slide.objects.update(
        status=Slide.Status.READY, conversion=Slide.Conversion.RUNNING, conversion_beat=timezone.now() + HOURS
    )
    assert sweep_conversions() == [str(slide.pk)]


def test_a_wrong_password_of_before_locks_a_name_no_longer_than_any(db: Any) -> None:
    for _ in range(signin.FREE_TRIES + 1):
        signin.failed("tess")
    Failures.objects.update(until=timezone.now() + HOURS)
    with pytest.raises(signin.NotSignedIn, match=f"wait {signin.WAIT_MAX_S} s"):
        signin.refuse_early("tess")
