"""A schedule that a clock which was set back does not stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery.schedules import schedule


class Steady(schedule):
    """Each so many seconds, also where the last time lies in the future by now: Celery would wait until it is passed."""

    def is_due(self, last_run_at: datetime) -> tuple[bool, float]:
        due: Any = super().is_due(min(last_run_at, self.now()))
        return bool(due[0]), float(due[1])
