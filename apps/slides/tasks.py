"""Bells for imports."""

from __future__ import annotations

from celery import shared_task

from apps.slides import services, uploads


@shared_task
def import_slide(slide_id: str) -> None:
    services.run_import(slide_id)


@shared_task
def sweep() -> None:
    uploads.sweep_abandoned()
    for slide_id in services.sweep_imports():
        import_slide.delay(slide_id)
