"""Bells for jobs: a bell says that something waits; the worker that hears it takes what is next in line."""

from __future__ import annotations

import contextlib

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from apps.analysis import ownuploads, runservices
from apps.analysis.line import unrung
from apps.analysis.modeltrial import check
from apps.analysis.ownnames import TRIALS

BELL_S = 60.0
"""A bell for an uploaded model that nobody has heard by then ends; the sweep rings anew."""


@shared_task
def run_job(job_id: str) -> None:
    from apps.analysis.worker import work_next  # the models' libraries stay out of the web process

    work_next()


@shared_task
def sweep() -> None:
    ring(unrung())


@shared_task
def check_model(upload_id: str) -> None:
    check(upload_id)


@shared_task
def sweep_models() -> None:
    for upload_id in TRIALS.unheld():
        ring_model(upload_id)
    ownuploads.sweep_strays()


def ring_model(upload_id: str) -> None:
    """Wake a worker for an uploaded model; a broker that is down is no error, the sweep rings again."""
    with contextlib.suppress(OSError, OperationalError):
        check_model.apply_async((upload_id,), expires=BELL_S)


def ring(job_ids: list[str]) -> None:
    """Wake a worker for each job; a broker that is down is no error, the sweep rings again.

    A bell that nobody has heard within the lease ends by itself: it is then rung anew, and bells never pile up.
    """
    for job_id in job_ids:
        try:
            for queue in settings.JOB_QUEUES:
                run_job.apply_async((job_id,), queue=queue, expires=settings.JOB_LEASE_S)
        except (OSError, OperationalError):
            continue
        runservices.mark_queued(job_id)
