"""Celery: a bell that wakes a worker. The job's row is the truth, so any broker will do."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hemaview.config.settings.demo")

app = Celery("hemaview")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
