"""Bells for imports."""

from __future__ import annotations

import contextlib
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.slides import imports, tileservices, uploads
from apps.slides.models import Slide

BELL_S = 60.0
"""A bell that nobody has heard by then ends; the sweep, which comes as often, rings anew."""


@shared_task
def import_slide(slide_id: str) -> None:
    if imports.run_import(slide_id).conversion == Slide.Conversion.ASKED:
        ring(convert_slide, slide_id)


def ring(task: Any, slide_id: str) -> None:
    """Wake a worker for a slide; a broker that is down is no error, the sweep rings again."""
    with contextlib.suppress(OSError, OperationalError):
        task.apply_async((slide_id,), expires=BELL_S)


@shared_task
def convert_slide(slide_id: str) -> None:
    tileservices.run_conversion(slide_id)


@shared_task
def sweep() -> None:
    uploads.sweep_abandoned()
    for slide_id in imports.sweep_imports():
        ring(import_slide, slide_id)
    for slide_id in tileservices.sweep_conversions():
        ring(convert_slide, slide_id)
