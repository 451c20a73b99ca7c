"""Celery: a bell that wakes a worker. The job's row is the truth, so any broker will do."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down
from kombu.transport import TRANSPORT_ALIASES

from hemaview.config import requestid  # noqa: F401  (its signals pass a request's id on)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hemaview.config.settings.demo")

TRANSPORT_ALIASES["filesystem"] = "hemaview.config.embeddedqueue:Transport"
app = Celery("hemaview")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

BEAT_S = 4.0
_ending = threading.Event()


@worker_ready.connect
def _say_alive(sender: Any, **_: Any) -> None:
    """Tell the database every few seconds that this worker lives, and look for waiting work at once."""

    def tell() -> None:
        from django.db import DatabaseError, close_old_connections

        from apps.analysis.line import in_line
        from apps.analysis.runservices import beat
        from apps.analysis.tasks import ring

        first = True
        while not _ending.is_set():
            close_old_connections()
            try:
                beat(str(sender.hostname))
                if first:
                    ring([str(job.pk) for job in in_line()])
                    first = False
            except DatabaseError:
                pass  # the next beat tries again; meanwhile the worker counts as gone
            _ending.wait(BEAT_S)

    threading.Thread(target=tell, name="alive", daemon=True).start()


@worker_shutting_down.connect
def _ended(**_: Any) -> None:
    _ending.set()
