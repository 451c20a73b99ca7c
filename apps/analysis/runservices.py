"""Writes about the run of a job, by bells and workers: rung for, claimed, renewed, told of, ended; each fenced by its attempt."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case as Choice
from django.db.models import F, IntegerField, Q, When
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.accounts import leases
from apps.analysis.models import Job, ReportedAnalysis, WorkerBeat
from apps.analysis.selectors import active_jobs
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.services import set_state

MAX_STALLED = 5
NOTHING_SAID: dict[str, Any] = {"notes": [], "guards": []}
"""What a run says of the slide and of itself before it ends: each attempt says its own, or nothing."""
_REACHED = ("fields_done", "cells", "percent")
"""How far a job is, which does not go back."""


def mark_queued(job_id: uuid.UUID | str) -> None:
    """The broker took the bell; until the lease of a waiting job ends, no other is rung for it."""
    rung = {"lease": leases.until(settings.JOB_LEASE_S)}
    if not Job.objects.filter(pk=job_id, state=Job.State.REQUESTED).update(
        state=Job.State.QUEUED, revision=F("revision") + 1, **rung
    ):
        Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(**rung)


def claim(job_id: uuid.UUID | str, owner: str) -> Job | None:
    """Take the job by compare-and-set, or None where it is taken, finished or cancelled. Doubled messages end here."""
    now = timezone.now()
    gone = Q(state=Job.State.RUNNING) & leases.lapsed(settings.JOB_LEASE_S)
    free = Q(state__in=[Job.State.REQUESTED, Job.State.QUEUED]) | gone
    n_rows = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING,
        owner=owner,
        attempt=F("attempt") + 1,
        stalled=F("stalled") + 1,
        lease=leases.until(settings.JOB_LEASE_S),
        revision=F("revision") + 1,
        code="",
        reason="",
        advice="",
        **NOTHING_SAID,
    )
    if not n_rows:
        return None
    Job.objects.filter(pk=job_id, started_at__isnull=True).update(started_at=now)
    job = Job.objects.select_related("slide__case", "protocol").get(pk=job_id)
    if job.owner != owner:
        return None
    if job.cancel_requested and not job.fields_done:  # the worker that was to stop has died
        finish(job, partial=True)
        return None
    if job.stalled > MAX_STALLED:
        fail(
            job,
            f"The worker ended {MAX_STALLED} times in a row on the same field of this slide.",
            "Look at the worker's log and its memory, and at the slide's µm/px; the slide may be damaged there. Retry once "
            "that is resolved.",
            "crashed",
        )
        return None
    return job


def renew(job: Job) -> bool:
    """Keep the lease; False once another worker has taken the job over or it was ended."""
    return bool(_attempt(job).update(lease=leases.until(settings.JOB_LEASE_S)))


def note_progress(job: Job, **changes: Any) -> bool:
    """Write progress, fenced by the attempt; False where the job is no longer ours.

    What was reached stays: a run that goes on after its worker's end reads back what is on disk, and a field counts as finished
    once there are more than before that end.
    """
    if (done := changes.get("fields_done")) is not None:
        changes["stalled"] = Choice(
            When(fields_done__lt=done, then=0), default=F("stalled"), output_field=IntegerField()
        )
    further = {name: Greatest(F(name), changes[name]) for name in _REACHED if name in changes}
    if "fields_total" in changes:
        further["fields_total"] = Greatest(F("fields_done"), changes["fields_total"])
    return bool(_attempt(job).update(revision=F("revision") + 1, **{**changes, **further}))


def begin_anew(job: Job) -> bool:
    """Forget how far the job was, where nothing of it can be gone on with; False where it is no longer ours."""
    return bool(_attempt(job).update(revision=F("revision") + 1, fields_done=0, fields_total=0, cells=0, percent=0))


def cancel_requested(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, cancel_requested=True).exists()


def finish(job: Job, *, partial: bool, **results: Any) -> bool:
    """End the job as done, or as cancelled with what was counted; fenced, with the case's state and an audit line."""
    state = Job.State.CANCELLED if partial else Job.State.DONE
    with transaction.atomic():
        ended = {"state": state, "partial": partial, **NOTHING_SAID, **_ended(job), **results}
        if not _lock_case(job) or not _attempt(job).update(**ended):
            return False
        record(
            "worker",
            f"job.{state}",
            "job",
            job.pk,
            accession=job.slide.case.accession,
            cells=results.get("cells", 0),
            sha256=results.get("cells_sha256", ""),
        )
        if results.get("cells_sha256") and not job.region:
            ReportedAnalysis.objects.get_or_create(
                slide_id=job.slide_id, assay=job.assay, defaults={"job_id": job.pk, "chosen_at": timezone.now()}
            )
        settle_case(job)
    return True


def fail(job: Job, reason: str, advice: str, code: str) -> bool:
    """End the job as failed, saying why (by `code` for scripts) and what a person can do."""
    with transaction.atomic():
        ended = {
            "state": Job.State.FAILED,
            "code": code,
            "reason": reason,
            "advice": advice,
            **NOTHING_SAID,
            **_ended(job),
        }
        if not _lock_case(job) or not _attempt(job).update(**ended):
            return False
        record("worker", "job.failed", "job", job.pk, accession=job.slide.case.accession, reason=reason)
        settle_case(job)
    return True


def beat(name: str, device: str = "") -> None:
    """A worker is alive."""
    WorkerBeat.objects.update_or_create(name=name, defaults={"at": timezone.now(), "device": device})
    WorkerBeat.objects.filter(at__lt=timezone.now() - timedelta(hours=1)).delete()


def _attempt(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING)


def _lock_case(job: Job) -> bool:
    """Every write locks the case first; one that locked a job first could wait for a write that waits for it. False where the
    case was deleted."""
    return Case.objects.select_for_update(no_key=True).filter(pk=job.slide.case_id).first() is not None


def _ended(job: Job) -> dict[str, Any]:
    now = timezone.now()
    started = job.started_at or now
    return {
        "finished_at": now,
        "duration_s": (now - started).total_seconds(),
        "revision": F("revision") + 1,
        "lease": None,
        "phase": "",
    }


def settle_case(job: Job) -> None:
    """When nothing runs any more, the case waits for its reader, or for an analysis that brings cells."""
    case = Case.objects.get(pk=job.slide.case_id)
    if case.state != Case.State.ANALYSING or active_jobs(case).exclude(pk=job.pk).exists():
        return
    has_cells = Job.objects.filter(slide__case=case).exclude(cells_sha256="").exists()
    set_state("system", case, Case.State.IN_REVIEW if has_cells else Case.State.RECEIVED)
