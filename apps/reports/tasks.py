"""Bells that look for files of what was removed."""

from __future__ import annotations

from celery import shared_task

from apps.reports import strays


@shared_task
def sweep() -> None:
    strays.sweep_removed()
