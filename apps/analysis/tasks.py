"""Bells for jobs: a task takes a key, re-reads the row and returns early where it has moved."""

from __future__ import annotations

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.analysis import services


@shared_task
def run_job(job_id: str) -> None:
    from apps.analysis.worker import work  # the models' libraries stay out of the web process

    work(job_id)


@shared_task
def sweep() -> None:
    ring(services.waiting_jobs())


def ring(job_ids: list[str]) -> None:
    """Wake a worker for each job; a broker that is down is no error, the sweep rings again."""
    for job_id in job_ids:
        try:
            run_job.delay(job_id)
        except (OSError, OperationalError):
            continue
        services.mark_queued(job_id)
