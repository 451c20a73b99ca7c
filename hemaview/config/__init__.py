"""Wiring only: settings, URLs, ASGI, Celery."""

from hemaview.config.celery import app as celery_app

__all__ = ["celery_app"]
