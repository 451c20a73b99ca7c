"""Bells for imports."""

from __future__ import annotations

from celery import shared_task

from apps.slides import services, tileservices, uploads
from apps.slides.models import Slide


@shared_task
def import_slide(slide_id: str) -> None:
    if services.run_import(slide_id).conversion == Slide.Conversion.ASKED:
        convert_slide.delay(slide_id)


@shared_task
def convert_slide(slide_id: str) -> None:
    tileservices.run_conversion(slide_id)


@shared_task
def sweep() -> None:
    uploads.sweep_abandoned()
    for slide_id in services.sweep_imports():
        import_slide.delay(slide_id)
    for slide_id in tileservices.sweep_conversions():
        convert_slide.delay(slide_id)
