"""Which job is next: urgent cases first, then people in turn, so that nobody waits for all of another's."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden
from apps.accounts.leases import holds, in_force, lapsed
from apps.analysis.models import Job
from apps.cases.selectors import cases_for

MOST_ENDED = 25
SWEEP_S = 5.0
"""How often waiting jobs are looked for."""


def unheld() -> QuerySet[Job]:
    """Jobs that no worker holds: waiting ones and those whose lease has lapsed."""
    gone = Q(state=Job.State.RUNNING) & lapsed(settings.JOB_LEASE_S)
    return Job.objects.filter(Q(state__in=[Job.State.REQUESTED, Job.State.QUEUED]) | gone)


def _running() -> QuerySet[Job]:
    """Jobs that a worker holds."""
    return Job.objects.filter(in_force(settings.JOB_LEASE_S), state=Job.State.RUNNING)


def unrung() -> list[str]:
    """Ids of those of them, in their order, whose last bell has had its time: one bell a lease interval.

    Of a waiting job the lease says when its bell ends. Of one whose worker is gone it says since when: it is rung at the
    first sweep after that, and after each further interval.
    """
    now = timezone.now()

    def due(job: Job) -> bool:
        late_s = (now - job.lease).total_seconds() if job.lease else 0.0
        if job.state == Job.State.RUNNING:
            return late_s % settings.JOB_LEASE_S < SWEEP_S
        return not holds(job.lease, settings.JOB_LEASE_S)

    return [str(job.pk) for job in in_line() if due(job)]


def in_line() -> list[Job]:
    """Unheld jobs in the order in which workers take them.

    A person's first waiting job stands behind as many of each other person's as run or wait before it; among equals the
    oldest goes first.
    """
    turn: Counter[int | None] = Counter(_running().values_list("requested_by", flat=True))
    ranked = []
    for job in (
        unheld()
        .select_related("slide__case", "requested_by", "protocol")
        .order_by("-slide__case__urgent", "requested_at", "pk")
    ):
        ranked.append((not job.slide.case.urgent, turn[job.requested_by_id], job.requested_at, str(job.pk), job))
        turn[job.requested_by_id] += 1
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]


def queue_for(user: Any) -> dict[str, list[dict[str, Any]]]:
    """What runs, what waits, in order, and what ended last; accession numbers only of cases that the person may see.

    Raises Forbidden.
    """
    if not user.has_perm("analysis.view_job"):
        raise Forbidden(gettext("Only administrators can see the queue."))
    running = _running().select_related("slide__case", "requested_by", "protocol").order_by("started_at")
    visible_cases = set(cases_for(user).values_list("pk", flat=True))
    changeable = {
        pk for right in ("annotate", "administer") for pk in cases_for(user, right).values_list("pk", flat=True)
    }

    def row(job: Job) -> dict[str, Any]:
        case = job.slide.case
        return {
            "job": job,
            "accession": case.accession if case.pk in visible_cases else "",
            "urgent": case.urgent,
            "may": case.pk in changeable,
        }

    ended = Job.objects.filter(finished_at__isnull=False).exclude(state__in=Job.ACTIVE)
    ended = ended.select_related("slide__case", "requested_by", "protocol").order_by("-finished_at")[:MOST_ENDED]
    return {
        "running": [row(job) for job in running],
        "waiting": [row(job) for job in in_line()],
        "ended": [row(job) for job in ended],
    }
