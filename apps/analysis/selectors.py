"""Jobs, models and protocols that a person may see."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from apps.accounts import leases
from apps.accounts.errors import Conflict, Missing
from apps.analysis.models import Job, ModelVersion, Protocol, WorkerBeat
from apps.cases.models import Case
from apps.cases.selectors import cases_for, require
from apps.slides.models import Slide
from hemaview.assays import AssayError, assays
from hemaview.words import naming

_EAGER = ("slide__case", "protocol", "requested_by")


def jobs_for(user: Any) -> QuerySet[Job]:
    return Job.objects.filter(slide__case__in=cases_for(user)).select_related(*_EAGER)


def job_for(user: Any, job_id: uuid.UUID | str, right: str = "view") -> Job:
    """The job, if the person holds the right on its case; raises Missing or Forbidden."""
    job = Job.objects.select_related(*_EAGER).filter(pk=job_id).first()
    if job is None:
        raise Missing(gettext("There is no such job, or you may not see it."))
    try:
        require(user, job.slide.case, right)
    except Missing:
        raise Missing(gettext("There is no such job, or you may not see it.")) from None
    return job


def reviewable_job_for(user: Any, job_id: uuid.UUID | str, right: str = "view") -> Job:
    job = job_for(user, job_id, right)
    if not job.reviewable:
        raise Conflict(gettext("This job has no finished cell file yet."), code="job-unfinished")
    return job


def latest_job(slide: Slide) -> Job | None:
    """The job that a slide opens with: an active one, else a reported one, else the newest with cells, else the newest."""
    jobs = list(Job.objects.filter(slide=slide).select_related(*_EAGER).order_by("-requested_at"))
    reported = set(slide.reported.values_list("job_id", flat=True))
    for wanted in (
        lambda j: j.state in Job.ACTIVE and not j.region,
        lambda j: j.pk in reported,
        lambda j: j.reviewable and not j.region,
        lambda j: j.reviewable,
        lambda j: True,
    ):
        for job in jobs:
            if wanted(job):
                return job
    return None


def reported_jobs(case: Case) -> list[Job]:
    """The jobs whose cells a report counts: of each slide one an assay, ordered by assay, then by slide."""
    jobs = (
        Job.objects.filter(reported_as__slide__case=case, slide__status=Slide.Status.READY)
        .exclude(cells_sha256="")
        .select_related(*_EAGER)
    )
    return sorted(jobs, key=lambda j: (j.assay, j.slide.created_at, str(j.slide_id)))


def reported_jobs_of(cases: Iterable[Case]) -> dict[int, list[Job]]:
    """The reported jobs of each case by its key, and the readings of each; two queries for all of them."""
    jobs = (
        Job.objects.filter(reported_as__slide__case__in=cases, slide__status=Slide.Status.READY)
        .exclude(cells_sha256="")
        .select_related("slide__case", "protocol")
        .prefetch_related("readings__reader")
    )
    by_case: dict[int, list[Job]] = {}
    for job in jobs:
        by_case.setdefault(job.slide.case_id, []).append(job)
    return by_case


def examinations(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs that are counted together: those of one assay on slides of one specimen."""
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.slide.specimen, job.assay), []).append(job)
    return list(groups.values())


def analyses_of(slides: Sequence[Slide]) -> dict[uuid.UUID, list[Job]]:
    """Every job of each slide, newest first."""
    by_slide: dict[uuid.UUID, list[Job]] = {slide.pk: [] for slide in slides}
    jobs = Job.objects.filter(slide__in=slides).select_related(*_EAGER).order_by("-requested_at")
    for job in jobs:
        by_slide[job.slide_id].append(job)
    return by_slide


def assay_title(job: Job) -> str:
    """What the job's examination is called; its key where the package that brought it is gone."""
    try:
        return job.examination.title
    except AssayError:
        return job.assay


def active_jobs(case: Case) -> QuerySet[Job]:
    return Job.objects.filter(slide__case=case, state__in=Job.ACTIVE)


def protocols(specimen: str | None = None) -> list[Protocol]:
    """The newest enabled version of each protocol whose assay is installed; first the usual one of each examination, then those
    that the laboratory made, then the others that come with HemaView: a slide is offered the first one."""
    newest: dict[str, Protocol] = {}
    for protocol in Protocol.objects.filter(enabled=True, assay__in=assays()).order_by("name", "-version"):
        if specimen in (None, protocol.specimen):
            newest.setdefault(protocol.name, protocol)
    usual = {each.orders[0].name for each in assays().values() if each.orders}
    shipped = {order.name for each in assays().values() for order in each.orders}

    def rank(protocol: Protocol) -> tuple[int, str]:
        return (0 if protocol.name in usual else 2 if protocol.name in shipped else 1), protocol.name

    return sorted(newest.values(), key=rank)


def protocol_named(name: str) -> Protocol:
    by_name = {protocol.name: protocol for protocol in protocols()}
    if name in by_name:
        return by_name[name]
    some = ngettext(
        "There is no protocol called {name}; there is: {there}.",
        "There is no protocol called {name}; there are: {there}.",
        len(by_name),
    )
    none = gettext("There is no protocol called {name}; none is enabled.")
    raise Missing(naming(by_name, some, none, name=name), code="no-protocol")


def model_versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.select_related("algorithm").prefetch_related("default_in__protocol")


def workers_alive() -> list[WorkerBeat]:
    """Workers that said so within the last lease."""
    now = timezone.now()
    since = now - timedelta(seconds=max(15.0, settings.JOB_LEASE_S))
    return list(WorkerBeat.objects.filter(at__gt=since, at__lte=now + timedelta(seconds=leases.MOST_SKEW_S)))
